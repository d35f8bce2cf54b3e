import fs from 'node:fs/promises';
import path from 'node:path';
import type {DashboardWorld} from '../support/dashboard-world.js';

/** How a command is run: its result for scripts, or in words, each on a terminal and off it. */
export type Mode = {isJson: boolean; isTerminal: boolean};

/** How a command is tried, in a network whose one VM is `web`. */
export type CommandCase = {
	/** The words behind the command's own; `index` counts the four times it is run. */
	args?: (world: DashboardWorld, mode: Mode, index: number) => readonly string[];
	/** What must be so before each time. */
	prepare?: (world: DashboardWorld, index: number) => Promise<unknown>;
	exitCode?: number | ((mode: Mode) => number);
	/** What a person reads. */
	says: RegExp | ((mode: Mode) => RegExp);
	/** What `--quiet` leaves of it, where it lists or creates. */
	quiet?: RegExp;
	/** What a person types into a terminal once that is there. */
	types?: string;
	/** Has its JSON a line for each of many documents? */
	isStream?: boolean;
	/** The document, where it is not the first that the command names. */
	document?: (mode: Mode) => string | undefined;
};

const web = () => ['web'];
const run = async ({provider, environment}: DashboardWorld, ...args: string[]) => {
	const {exitCode, stdout, stderr} = await provider.golem(args, {environment});
	if (exitCode !== 0) {
		throw new Error(`golem ${args.join(' ')}: ${stdout}${stderr}`);
	}
};

/** The commands of a daemon, in an order in which each finds it running. */
function daemonCases(name: string): Record<string, CommandCase> {
	const isRunning = (world: DashboardWorld) => run(world, name, '--detach', '--json');
	return {
		[name]: {args: () => ['--detach'], says: new RegExp(`The ${name} (?:is running|was running already)`)},
		[`${name} status`]: {prepare: isRunning, says: /pid +\d+/},
		[`${name} logs`]: {prepare: isRunning, args: () => ['--lines', '3'], says: /info/, isStream: true},
		[`${name} restart`]: {says: /running/},
		[`${name} install-service`]: {args: () => ['--dry-run'], says: /\[Service\]/},
		[`${name} stop`]: {prepare: isRunning, says: /has stopped/},
	};
}

export const commandCases: Readonly<Record<string, CommandCase>> = {
	'': {
		// Off a terminal it says what there is instead.
		exitCode: ({isJson, isTerminal}) => (isJson || isTerminal ? 0 : 2),
		says: ({isTerminal}) => (isTerminal ? / web .*q quit/s : /golem --json/),
		types: 'q',
	},
	version: {says: /^\d+\.\d+\.\d+\s*$/, quiet: /^\d+\.\d+\.\d+\n$/},
	help: {args: () => ['exit-codes'], says: /not reachable/},
	schema: {
		args: (_, {isTerminal}) => (isTerminal ? [] : ['vm-list']),
		document: ({isTerminal}) => (isTerminal ? 'documents' : 'json-schema'),
		says: ({isTerminal}) => (isTerminal ? /vm-list +golem vm list/ : /"title": "golem vm-list"/),
	},
	completion: {args: () => ['bash'], says: /complete -/},
	identity: {says: /^0x[0-9a-f]{40}\s*$/, quiet: /^0x[0-9a-f]{40}\n$/},
	images: {says: /micro/, quiet: /^micro\n/},
	status: {says: /provider +healthy/, quiet: /^provider\n$/},
	setup: {says: /Everything is there/},
	'config list': {says: /GOLEM_[A-Z_]+ = /, quiet: /^(?:[A-Z_]+\n){20,}$/},
	'config set': {
		args: (_world, _mode, index) => ['GOLEM_PROVIDER_MAX_VMS', String(5 + index)],
		says: /GOLEM_PROVIDER_MAX_VMS is \d in /,
	},
	'config get': {args: () => ['GOLEM_PROVIDER_MAX_VMS'], says: /^8\s*$/},
	'config unset': {
		args: () => ['GOLEM_PROVIDER_MAX_VMS'],
		says: /GOLEM_PROVIDER_MAX_VMS (?:is out of|was not in) /,
	},
	doctor: {
		// It says so where nothing is in the way; a machine of tests has its own.
		says: /daemon/,
	},
	demo: {
		// Its own tests see the rest of it on a terminal.
		args: (_, {isJson, isTerminal}) => (isJson && !isTerminal ? [] : ['--stop']),
		says: /The demo is gone/,
	},
	api: {
		args: ({provider}) => ['GET', '/api/v1/provider/info', '--provider', provider.id],
		says: /"name": ?"the-provider"/,
	},
	'vm providers': {says: /the-provider/, quiet: /^0x[0-9a-f]{40}\n$/},
	'vm list': {says: /web +running/, quiet: /^web\n$/},
	'vm info': {args: web, says: /running/},
	'vm access': {args: web, says: /127\.0\.0\.1/},
	'vm usage': {args: web, says: /cpu time/},
	'vm add-key': {
		prepare: ({home}, index) =>
			fs.writeFile(
				path.join(home, `friend-${index}.pub`),
				'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ\n',
			),
		args: ({home}, _mode, index) => ['web', path.join(home, `friend-${index}.pub`)],
		says: /opens web now/,
	},
	'vm ssh': {args: () => ['web', '--', 'hostname'], says: /^web\s*$/},
	'vm ssh-config': {args: web, says: /Host web/},
	'vm stop': {args: web, says: /web is stopped/},
	'vm start': {args: web, says: /web is running/},
	'vm create': {
		args: (_world, _mode, index) => [`new-${index}`],
		says: /new-\d is ready/,
		quiet: /^golem-\S+\n$/,
	},
	'vm destroy': {
		prepare: (world, index) => run(world, 'vm', 'create', `doomed-${index}`, '--no-wait', '--json'),
		args: (_world, _mode, index) => [`doomed-${index}`, '--yes'],
		says: /doomed-\d is destroyed/,
	},
	'vm purge': {
		prepare: (world, index) => run(world, 'vm', 'create', `doomed-${index}`, '--no-wait', '--json'),
		args: () => ['--yes'],
		says: /doomed-\d is destroyed/,
	},
	'provider verify': {says: /\d+ of \d+ ports/},
	...daemonCases('discovery'),
	...daemonCases('port-checker'),
	...daemonCases('provider'),
};
