import {stopCommand} from '../../daemon-control/daemon-commands.js';

const definition = stopCommand('discovery');

export const {description, args, options} = definition;
export default definition;
