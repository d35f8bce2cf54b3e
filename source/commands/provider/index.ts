import {startCommand} from '../../daemon-control/daemon-commands.js';
import {hostInLines} from '../../hosting/foreground.js';

const definition = startCommand('provider', 'Rent out this machine: runs VMs for others', {
	foreground: hostInLines,
	async drawnForeground(context, environment) {
		const {hostOnTerminal} = await import('../../hosting/live-screen.js');
		return hostOnTerminal(context, environment);
	},
});

export const {description, args, options} = definition;
export default definition;
