import {statusCommand} from '../../daemon-control/status-command.js';

const definition = statusCommand('port-checker');

export const {description, args, options} = definition;
export default definition;
