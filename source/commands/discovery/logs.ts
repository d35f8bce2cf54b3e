import {logsCommand} from '../../daemon-control/daemon-commands.js';

const definition = logsCommand('discovery');

export const {description, args, options} = definition;
export default definition;
