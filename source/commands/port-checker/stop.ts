import {stopCommand} from '../../daemon-control/daemon-commands.js';

const definition = stopCommand('port-checker');

export const {description, args, options} = definition;
export default definition;
