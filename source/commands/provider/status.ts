import {statusCommand} from '../../daemon-control/daemon-commands.js';

const definition = statusCommand('provider');

export const {description, args, options} = definition;
export default definition;
