import {startCommand} from '../../daemon-control/daemon-commands.js';

const definition = startCommand('provider', 'Rent out this machine: runs VMs for others');

export const {description, args, options} = definition;
export default definition;
