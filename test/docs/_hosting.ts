import fs from 'node:fs/promises';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {providerSettings} from '../../daemons/provider/settings.js';
import {runGolem} from '../support/golem.js';
import {freePort, freePortRange} from '../support/ports.js';
import type {Statement} from './_blocks.js';
import type {Reader, Script} from './_script.js';
import {rentedVm, type World} from './_world.js';

/* The blocks of somebody who hosts, and of somebody who does all of it on one machine. */

const withoutProvider = async (world: World): Promise<Reader> => {
	await world.providerRuns(false);
	return world;
};

/** The ports of the documents are those of a provider that was told of no others. */
const {portRangeStart, portRangeEnd} = providerSettings;
const reserved = `net.ipv4.ip_local_reserved_ports=${portRangeStart.default}-${portRangeEnd.default - 1}`;
const onlyRead = {by: 'nobody', instead: 'cat /proc/sys/net/ipv4/ip_local_reserved_ports'} as const;

export const hostingScripts: readonly Script[] = [
	{
		place: 'README.md: Host',
		prepare: withoutProvider,
		lines: [
			{command: 'golem provider --detach'},
			{command: 'golem provider verify', shows: ['verified']},
			{command: 'golem doctor', shows: ['A rental would work now.']},
			{command: 'golem provider status', shows: ['healthy', /accelerator +(?:TCG|KVM)/]},
			{command: 'golem provider logs --follow', replies: [['ports verified', '\u0003']], status: 130},
			{
				command: 'golem provider stop',
				async check(t, world) {
					const {stdout} = await world.golem('vm', 'ssh', rentedVm, '--', 'hostname');
					t.is(stdout, `${rentedVm}\n`, 'its VMs go on');
				},
			},
			{command: 'golem provider install-service', by: 'an ordinary user', shows: ['golem-provider.service']},
		],
	},
	{
		place: 'docs/hosting.md: Get started',
		prepare: withoutProvider,
		lines: [
			{command: 'golem setup', shows: ['this machine can host VMs']},
			{command: 'golem provider --detach'},
			{command: 'golem doctor', shows: ['A rental would work now.']},
		],
	},
	{
		place: 'docs/hosting.md: The public address',
		async prepare(world) {
			await world.providerRuns(false);
			return {home: world.home, environment: {...world.environment, GOLEM_PROVIDER_PUBLIC_IP: 'auto'}};
		},
		placeholders: () => ({'203.0.113.5': '127.0.0.1'}),
		lines: [
			{
				command: 'GOLEM_PROVIDER_PUBLIC_IP=203.0.113.5 golem provider --detach',
				check: async (t, world) => t.is((await world.provider.control.status())['public_ip'], '127.0.0.1'),
			},
		],
	},
	{
		place: 'docs/hosting.md: Occupied ports',
		lines: [
			{
				command: 'sysctl net.ipv4.ip_local_reserved_ports',
				...onlyRead,
				because: 'a machine may have the setting, and not the program that reads it',
			},
			{
				command: `sudo sysctl -w ${reserved}`,
				...onlyRead,
				because: 'it changes this machine, and needs root',
			},
			{
				command: `echo ${reserved} | sudo tee /etc/sysctl.d/90-golem.conf`,
				...onlyRead,
				because: 'it changes this machine for good, and needs root',
			},
		],
	},
	{
		place: 'README.md: A network of your own',
		async prepare(world) {
			const ports = await freePortRange(4);
			return {
				home: await world.newHome('o'),
				environment: {
					DISCOVERY_PORT: String(await freePort()),
					PORT_CHECKER_PORT: String(await freePort()),
					GOLEM_PROVIDER_PORT: String(await freePort()),
					GOLEM_PROVIDER_PORT_RANGE_START: String(ports.start),
					GOLEM_PROVIDER_PORT_RANGE_END: String(ports.end),
					...Object.fromEntries(
						Object.entries(world.environment).filter(([name]) => /_OFFER_|_THRESHOLD$/.test(name)),
					),
				},
			};
		},
		placeholders: (_world, {environment}) => ({
			':9000': `:${environment['PORT_CHECKER_PORT']}`,
			':9001': `:${environment['DISCOVERY_PORT']}`,
		}),
		lines: [
			{command: 'export DISCOVERY_HOST=127.0.0.1'},
			{command: 'export DISCOVERY_ALLOW_PRIVATE=true'},
			{command: 'export PORT_CHECKER_HOST=127.0.0.1'},
			{command: 'export GOLEM_PROVIDER_HOST=127.0.0.1'},
			{command: 'export GOLEM_PROVIDER_PUBLIC_IP=127.0.0.1'},
			{command: 'export GOLEM_PROVIDER_PORT_CHECK_SERVERS=http://127.0.0.1:9000'},
			{command: 'export GOLEM_PROVIDER_DISCOVERY_URL=http://127.0.0.1:9001'},
			{command: 'export GOLEM_REQUESTOR_DISCOVERY_URL=http://127.0.0.1:9001'},
			{command: 'golem discovery --detach', shows: ['http://127.0.0.1:']},
			{command: 'golem port-checker --detach', shows: ['http://127.0.0.1:']},
			{command: 'golem provider --detach', shows: ['http://127.0.0.1:']},
			{command: 'golem vm create first', shows: ['first is ready.']},
			{command: 'golem vm ssh first', replies: [['ubuntu@first:~$', 'exit\r']]},
		],
		after: sameInDotEnvAndThenGone,
	},
];

/** «The same lines work in a `.env` file»; then all of it is ended. */
async function sameInDotEnvAndThenGone(
	t: ExecutionContext,
	_world: World,
	{home, environment}: Reader,
	statements: readonly Statement[],
): Promise<void> {
	const exports = statements.filter(({command}) => command.startsWith('export '));
	const folder = path.join(home, 'work');
	await fs.mkdir(folder);
	await fs.writeFile(path.join(folder, '.env'), exports.map(({text}) => `${text}\n`).join(''));
	for (const {command} of exports) {
		const [, name = '', said = ''] = /^export (\w+)=(.*)$/.exec(command) ?? [];
		const {json} = await runGolem(['config', 'get', name, '--json'], {home, cwd: folder});
		t.deepEqual([[json.value].flat().map(String), json.source], [[said], '.env'], command);
	}

	for (const words of ['vm destroy first --yes', 'provider stop', 'port-checker stop', 'discovery stop']) {
		const {exitCode, stderr} = await runGolem(words.split(' '), {home, environment});
		t.is(exitCode, 0, stderr);
	}
}
