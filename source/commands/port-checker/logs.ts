import {logsCommand} from '../../daemon-control/daemon-commands.js';

const definition = logsCommand('port-checker');

export const {description, args, options} = definition;
export default definition;
