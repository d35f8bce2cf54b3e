import {startCommand} from '../../daemon-control/start-command.js';

const definition = startCommand(
	'port-checker',
	'Run a port checker: can a provider be reached from outside?',
);

export const {description, args, options} = definition;
export default definition;
