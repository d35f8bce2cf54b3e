import {logsCommand} from '../../daemon-control/logs-command.js';

const definition = logsCommand('provider');

export const {description, args, options} = definition;
export default definition;
