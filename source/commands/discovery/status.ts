import {statusCommand} from '../../daemon-control/daemon-commands.js';

const definition = statusCommand('discovery');

export const {description, args, options} = definition;
export default definition;
