import {logsCommand} from '../../daemon-control/daemon-commands.js';

const definition = logsCommand('provider');

export const {description, args, options} = definition;
export default definition;
