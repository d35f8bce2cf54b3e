import {stopCommand} from '../../daemon-control/stop-command.js';

const definition = stopCommand('discovery');

export const {description, args, options} = definition;
export default definition;
