import fs from 'node:fs/promises';
import path from 'node:path';
import {createControlClient} from '../../source/client/control-client.js';
import {golemPaths} from '../../source/platform/paths.js';
import {createIdentity, createPrivateKey} from '../../source/protocol/identity.js';
import {advertise} from '../support/advertisements.js';
import {runGolem} from '../support/golem.js';
import {freePort} from '../support/ports.js';
import {readBlocks} from './_blocks.js';
import type {Line, Reader, Script} from './_script.js';
import {rentedVm, type World} from './_world.js';

/* The blocks of somebody who runs a discovery server or a port checker, and of somebody who asks one. */

type Service = 'discovery' | 'port-checker';

/** Who runs such services, for this machine only. */
async function operator({folder}: World): Promise<Reader> {
	const home = path.join(folder, 'operator');
	await fs.mkdir(home, {recursive: true});
	return {
		home,
		environment: {
			DISCOVERY_HOST: '127.0.0.1',
			DISCOVERY_PORT: '0',
			DISCOVERY_ALLOW_PRIVATE: 'true',
			PORT_CHECKER_HOST: '127.0.0.1',
			PORT_CHECKER_PORT: '0',
		},
	};
}

const stopping =
	(name: Service): NonNullable<Script['after']> =>
	async (t, world) =>
		t.is((await runGolem([name, 'stop'], await operator(world))).exitCode, 0);

const lifeOf = (name: Service): Pick<Script, 'prepare' | 'lines'> => ({
	prepare: operator,
	lines: [
		{command: `golem ${name} --detach`, shows: ['http://127.0.0.1:']},
		{command: `golem ${name} status`, shows: ['healthy']},
		{
			command: `golem ${name} logs --follow`,
			replies: [[/http:\/\/127\.0\.0\.1:\d+/, '\u0003']],
			status: 130,
		},
		{command: `golem ${name} stop`, shows: ['stopped']},
	],
});

/** In front of it is this machine's proxy: whom that names is believed to be the one who asks. */
const believesItsProxy: Line['check'] = async (t, world) => {
	const {home} = await operator(world);
	const {listening} = await createControlClient(
		'port-checker',
		golemPaths(home).daemonSocket('port-checker'),
	).status();
	const answer = await fetch(`${listening}/health`, {headers: {'X-Forwarded-For': '198.51.100.7'}});
	t.like(await answer.json(), {your_address: '198.51.100.7'});
};

const exampleProvider = '0x2c7536e3605d9c16a7a3d7b1898e529396a65c23';
const exampleTag = 'W/"YdLs1g3dXNJcLd8LwnPGzq"';

/** A discovery server that knows three providers. */
async function startDiscovery(world: World): Promise<Record<string, string>> {
	const {json} = await runGolem(['discovery', '--detach', '--json'], await operator(world));
	const url: string = json.listening;
	const providers = Array.from({length: 3}, () => createIdentity(createPrivateKey()));
	await Promise.all(providers.map(provider => advertise({url}, provider)));
	const page = await fetch(`${url}/api/v1/advertisements?limit=2`);
	return {
		'discovery.example:9001': new URL(url).host,
		[exampleProvider]: providers[0]?.id ?? '',
		[exampleTag]: page.headers.get('ETag') ?? '',
	};
}

let checked = {api: 0, vm: 0, closed: 0};

/** The provider, a VM's port, and one where nobody listens. */
async function portsToCheck(world: World): Promise<Record<string, string>> {
	await world.providerRuns(true);
	const {json} = await world.golem('vm', 'info', rentedVm, '--json');
	checked = {api: world.provider.port, vm: Number(json.ssh_port), closed: await freePort()};
	return {
		'checker.example:9000': new URL(world.environment['GOLEM_PROVIDER_PORT_CHECK_SERVERS'] ?? '').host,
		'198.51.100.7': '127.0.0.1',
		'7466': String(checked.api),
		'50800': String(checked.vm),
		'50801': String(checked.closed),
	};
}

/** What the page says that the checker answers. */
async function documentedAnswer() {
	const block = (await readBlocks()).find(
		({place, language}) => place === 'docs/port-checker.md: Asking it' && language === 'json',
	);
	return JSON.parse(block?.text ?? '');
}

export const serviceScripts: readonly Script[] = [
	{place: 'docs/discovery.md: A discovery server', ...lifeOf('discovery')},
	{
		place: 'docs/discovery.md: Asking it',
		placeholders: startDiscovery,
		after: stopping('discovery'),
		lines: [
			{command: 'discovery=http://discovery.example:9001/api/v1/advertisements'},
			{
				command: 'curl -s "$discovery?cpu=2&memory=4&storage=20&country=SE"',
				check: (t, _world, output) => t.is(JSON.parse(output).length, 3),
			},
			{
				command: `curl -s "$discovery/${exampleProvider}"`,
				check: (t, _world, output) => t.is(JSON.parse(output).country, 'SE'),
			},
			{
				command: `curl -si "$discovery?limit=2" | grep -iE '^(link|etag|x-total-count)'`,
				shows: [
					/^x-total-count: 3$/im,
					/^etag: W\/"\S+"$/im,
					/^link: <\/\S+limit=2&cursor=\S+>; rel="next"$/im,
				],
			},
			{
				command: `curl -si "$discovery?limit=2" -H 'If-None-Match: ${exampleTag}'`,
				shows: [/^HTTP\/1.1 304 .*\n(?:.+\n)+\n$/],
			},
		],
	},
	{
		place: 'docs/discovery.md: Behind a proxy',
		prepare: operator,
		after: stopping('discovery'),
		lines: [
			{
				command:
					'DISCOVERY_HOST=127.0.0.1 DISCOVERY_TRUSTED_PROXIES=127.0.0.1 DISCOVERY_NAMES=https://discovery.example \\\n\tgolem discovery --detach',
				shows: ['http://127.0.0.1:'],
			},
		],
	},
	{place: 'docs/port-checker.md: A port checker', ...lifeOf('port-checker')},
	{
		place: 'docs/port-checker.md: Asking it',
		placeholders: portsToCheck,
		lines: [
			{
				command: 'curl -s http://checker.example:9000/health',
				check: (t, _world, output) =>
					t.deepEqual(JSON.parse(output), {status: 'ok', your_address: '127.0.0.1'}),
			},
			{
				command: `curl -s http://checker.example:9000/check-ports -H 'Content-Type: application/json' -d '{
	"provider_ip": "198.51.100.7", "ports": [7466, 50800, 50801]}'`,
				async check(t, _world, output) {
					const {results, ...rest} = JSON.parse(output);
					const answered = [checked.api, checked.vm, checked.closed].map(port => results[port]);
					const told = await documentedAnswer();
					t.deepEqual({...rest, results: answered}, {...told, results: Object.values(told.results)});
				},
			},
		],
	},
	{
		place: 'docs/port-checker.md: Behind a proxy',
		prepare: operator,
		after: stopping('port-checker'),
		lines: [
			{
				command:
					'PORT_CHECKER_HOST=127.0.0.1 PORT_CHECKER_TRUSTED_PROXIES=127.0.0.1 golem port-checker --detach',
				shows: ['http://127.0.0.1:'],
				check: believesItsProxy,
			},
		],
	},
];
