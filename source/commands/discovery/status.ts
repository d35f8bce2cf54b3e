import {statusCommand} from '../../daemon-control/status-command.js';

const definition = statusCommand('discovery');

export const {description, args, options} = definition;
export default definition;
