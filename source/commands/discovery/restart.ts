import {restartCommand} from '../../daemon-control/restart-command.js';

const definition = restartCommand('discovery');

export const {description, args, options} = definition;
export default definition;
