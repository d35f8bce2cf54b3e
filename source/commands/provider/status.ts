import {statusCommand} from '../../daemon-control/status-command.js';

const definition = statusCommand('provider');

export const {description, args, options} = definition;
export default definition;
