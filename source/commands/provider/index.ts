import {startCommand} from '../../daemon-control/start-command.js';
import {hostInLines, hostUnderScreen} from '../../hosting/foreground.js';

const definition = startCommand('provider', 'Rent out this machine: runs VMs for others', {
	async foreground(context, environment) {
		const {paths, signal, isJson, line} = context;
		return isJson
			? // What keeps it from starting is told to us, and becomes JSON like all else.
				hostUnderScreen(
					{paths, environment, signal, isJson},
					{
						onReport: report => line(JSON.stringify({event: 'ports', ...report})),
						onStatus: status => line(JSON.stringify({event: 'status', ...status})),
					},
				)
			: hostInLines(context, environment);
	},
	async drawnForeground(context, environment) {
		const {hostOnTerminal} = await import('../../hosting/live-screen.js');
		return hostOnTerminal(context, environment);
	},
});

export const {description, args, options} = definition;
export default definition;
