import {installServiceCommand} from '../../daemon-control/service-command.js';

const definition = installServiceCommand('provider');

export const {description, args, options} = definition;
export default definition;
