import {installServiceCommand} from '../../daemon-control/service-command.js';

const definition = installServiceCommand('discovery');

export const {description, args, options} = definition;
export default definition;
