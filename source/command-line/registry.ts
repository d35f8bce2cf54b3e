import type {Command} from './command.js';
import {editDistance} from './likeness.js';

type CommandModule = {default: Command};

/** Every command by its words. Each is loaded only when it is called: start-up pays for one. */
export const commands: Readonly<Record<string, () => Promise<CommandModule>>> = {
	'': () => import('../commands/index.js'),
	api: () => import('../commands/api.js'),
	completion: () => import('../commands/completion.js'),
	'config get': () => import('../commands/config/get.js'),
	'config list': () => import('../commands/config/list.js'),
	'config set': () => import('../commands/config/set.js'),
	'config unset': () => import('../commands/config/unset.js'),
	demo: () => import('../commands/demo.js'),
	doctor: () => import('../commands/doctor.js'),
	help: () => import('../commands/help.js'),
	identity: () => import('../commands/identity.js'),
	images: () => import('../commands/images.js'),
	schema: () => import('../commands/schema.js'),
	setup: () => import('../commands/setup.js'),
	status: () => import('../commands/status.js'),
	version: () => import('../commands/version.js'),
	'vm access': () => import('../commands/vm/access.js'),
	'vm add-key': () => import('../commands/vm/add-key.js'),
	'vm create': () => import('../commands/vm/create.js'),
	'vm destroy': () => import('../commands/vm/destroy.js'),
	'vm info': () => import('../commands/vm/info.js'),
	'vm list': () => import('../commands/vm/list.js'),
	'vm providers': () => import('../commands/vm/providers.js'),
	'vm purge': () => import('../commands/vm/purge.js'),
	'vm ssh': () => import('../commands/vm/ssh.js'),
	'vm ssh-config': () => import('../commands/vm/ssh-config.js'),
	'vm start': () => import('../commands/vm/start.js'),
	'vm stop': () => import('../commands/vm/stop.js'),
	'vm usage': () => import('../commands/vm/usage.js'),
	discovery: () => import('../commands/discovery/index.js'),
	'discovery install-service': () => import('../commands/discovery/install-service.js'),
	'discovery logs': () => import('../commands/discovery/logs.js'),
	'discovery restart': () => import('../commands/discovery/restart.js'),
	'discovery status': () => import('../commands/discovery/status.js'),
	'discovery stop': () => import('../commands/discovery/stop.js'),
	'port-checker': () => import('../commands/port-checker/index.js'),
	'port-checker install-service': () => import('../commands/port-checker/install-service.js'),
	'port-checker logs': () => import('../commands/port-checker/logs.js'),
	'port-checker restart': () => import('../commands/port-checker/restart.js'),
	'port-checker status': () => import('../commands/port-checker/status.js'),
	'port-checker stop': () => import('../commands/port-checker/stop.js'),
	provider: () => import('../commands/provider/index.js'),
	'provider install-service': () => import('../commands/provider/install-service.js'),
	'provider logs': () => import('../commands/provider/logs.js'),
	'provider restart': () => import('../commands/provider/restart.js'),
	'provider status': () => import('../commands/provider/status.js'),
	'provider stop': () => import('../commands/provider/stop.js'),
	'provider verify': () => import('../commands/provider/verify.js'),
};

/** The longest run of leading words that is a command, and the words after it. */
export function findCommand(words: readonly string[]): {name: string; rest: string[]} | undefined {
	for (const length of [2, 1]) {
		const name = words.slice(0, length).join(' ');
		if (words.length >= length && Object.hasOwn(commands, name)) {
			return {name, rest: words.slice(length)};
		}
	}

	return words.length === 0 ? {name: '', rest: []} : undefined;
}

/** Names of commands that look like what was typed, the likeliest first. */
export function suggestCommands(typed: string): string[] {
	return Object.keys(commands)
		.filter(name => name !== '')
		.map(name => ({name, distance: editDistance(typed, name)}))
		.filter(({name, distance}) => distance <= 3 || name.startsWith(`${typed} `))
		.sort((a, b) => a.distance - b.distance)
		.slice(0, 3)
		.map(({name}) => name);
}
