import {installServiceCommand} from '../../daemon-control/service-command.js';

const definition = installServiceCommand('port-checker');

export const {description, args, options} = definition;
export default definition;
