import {statusCommand} from '../../daemon-control/daemon-commands.js';

const definition = statusCommand('port-checker');

export const {description, args, options} = definition;
export default definition;
