import {restartCommand} from '../../daemon-control/restart-command.js';

const definition = restartCommand('port-checker');

export const {description, args, options} = definition;
export default definition;
