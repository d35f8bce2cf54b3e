import {logsCommand} from '../../daemon-control/logs-command.js';

const definition = logsCommand('port-checker');

export const {description, args, options} = definition;
export default definition;
