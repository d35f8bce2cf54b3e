import {startCommand} from '../../daemon-control/start-command.js';

const definition = startCommand('discovery', 'Run a discovery server: who offers what, right now');

export const {description, args, options} = definition;
export default definition;
