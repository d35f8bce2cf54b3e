import {logsCommand} from '../../daemon-control/logs-command.js';

const definition = logsCommand('discovery');

export const {description, args, options} = definition;
export default definition;
