import test, {type ExecutionContext} from 'ava';
import {alice} from '../../../support/identities.js';
import {eventually, whenTrue} from '../../../support/waiting.js';
import {advertisement, answer, discovery, job, refusal, serve} from '../../requestor/_stand-ins.js';
import {renter, told} from './_world.js';

/*
`golem vm create` as a process, interrupted at each of its stages. Discovery and provider are stand-ins that stop where
the test wants them to; the same with a real VM is in test/e2e.
*/

/** A provider that answers up to a stage, and then is silent until it may go on. */
async function haltingProvider(t: ExecutionContext, stage: 'order' | 'boot') {
	const orders: string[] = [];
	const destroyed: string[] = [];
	let isHalted = true;
	const {port} = await serve(t, (request, _body, response) => {
		if (request.method === 'DELETE') {
			destroyed.push(String(request.url));
			answer(response, {});
		} else if (request.method === 'POST') {
			orders.push(String(request.headers['idempotency-key']));
			if (!(isHalted && stage === 'order')) {
				answer(response, job('web'), 202);
			}
		} else if (request.url?.endsWith('/events')) {
			response.writeHead(200, {'Content-Type': 'text/event-stream'});
			response.write('data: {"type":"stage","stage":"boot","message":"boot","elapsed_ms":1}\n\n');
			if (!isHalted) {
				response.end('data: {"type":"status","status":"running"}\n\n');
			}
		} else if (request.url?.endsWith('/access')) {
			answer(response, {
				ssh_host: '127.0.0.1',
				ssh_port: 50_800,
				ssh_user: 'ubuntu',
				ssh_host_keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICetOz34Y9mvrDAKVf3GHbaKheY0xLitd1x5HJdyomBj'],
				vm_id: 'golem-web',
				multipass_name: null,
			});
		} else {
			answer(response, {...job('web'), status: 'done', vm: told('web')});
		}
	});
	const {url} = await discovery(t, () => [advertisement(alice, {port})]);
	return {
		url,
		orders,
		destroyed,
		goOn: () => {
			isHalted = false;
		},
	};
}

test('Ctrl-C while a provider is looked for: nothing was rented, and it says so', async t => {
	const asked: string[] = [];
	const silent = await serve(t, request => void asked.push(String(request.url)));
	const {start, rentals} = await renter(t, silent.url);
	const running = start(['vm', 'create', 'web', '--json']);
	await eventually('discovery is asked', () => whenTrue(asked.length > 0), 30_000);
	running.signal('SIGINT');
	const {exitCode, json} = await running.ended;
	t.is(exitCode, 130);
	t.like(json.error, {code: 'INTERRUPTED', message: 'Interrupted: nothing was rented.'});
	t.deepEqual(await rentals(), []);
});

for (const stage of ['order', 'boot'] as const) {
	test(`Ctrl-C at the stage «${stage}» says what may exist; creating it again finishes it, once`, async t => {
		const provider = await haltingProvider(t, stage);
		const {start, golem, rentals} = await renter(t, provider.url);
		const running = start(['vm', 'create', 'web', '--json']);
		await (stage === 'order'
			? eventually('the order is there', () => whenTrue(provider.orders.length === 1), 30_000)
			: running.printed('Booting'));
		running.signal('SIGINT');
		const {exitCode, json} = await running.ended;
		t.is(exitCode, 130);
		t.is(json.error.code, 'INTERRUPTED');
		t.regex(json.error.message, stage === 'order' ? /may have it/ : /was accepted/);
		t.regex(json.error.hint, /golem vm create web .* golem vm destroy web$/);
		t.is((await rentals())[0]?.vm_id, stage === 'order' ? null : 'golem-web');

		provider.goOn();
		const again = await golem(['vm', 'create', 'web', '--json']);
		t.is(again.exitCode, 0, again.stdout);
		t.is(again.json.status, 'running');
		t.is(new Set(provider.orders).size, 1, 'it is the same order');
		t.like((await rentals())[0], {vm_id: 'golem-web', access: {ssh_port: 50_800}});
	});
}

test('what was interrupted can be given back as the hint says', async t => {
	const provider = await haltingProvider(t, 'order');
	const {start, golem, rentals} = await renter(t, provider.url);
	const running = start(['vm', 'create', 'web']);
	await eventually('the order is there', () => whenTrue(provider.orders.length === 1), 30_000);
	running.signal('SIGINT');
	await running.ended;
	const {exitCode, json} = await golem(['vm', 'destroy', 'web', '--yes', '--json']);
	t.is(exitCode, 0);
	t.like(json, {name: 'web', status: 'deleted'});
	t.deepEqual(provider.destroyed, ['/api/v1/vms/web']);
	t.deepEqual(await rentals(), []);
});

test('--timeout is for all of it: exit status 7, what exists, and one document', async t => {
	const provider = await haltingProvider(t, 'boot');
	const {golem} = await renter(t, provider.url);
	const {exitCode, json} = await golem(['vm', 'create', 'web', '--timeout', '6', '--json']);
	t.is(exitCode, 7);
	t.is(json.error.code, 'NET_001');
	t.regex(json.error.hint, /golem vm info web .* golem vm destroy web/);
});

test('--no-wait returns with what was accepted', async t => {
	const provider = await haltingProvider(t, 'boot');
	const {golem} = await renter(t, provider.url);
	const {exitCode, json} = await golem(['vm', 'create', 'web', '--no-wait', '--json']);
	t.is(exitCode, 0);
	t.like(json, {name: 'web', id: 'golem-web', provider_id: alice.id});
});

test('a refusal is one document, with its hint, and progress tells whom it was', async t => {
	const {port} = await serve(t, (_request, _body, response) => void refusal('RES_001', 409)(1, response));
	const {url} = await discovery(t, () => [advertisement(alice, {port, name: 'barn'})]);
	const {golem} = await renter(t, url);
	const {exitCode, json, stderr} = await golem(['vm', 'create', 'web', '--json']);
	t.is(exitCode, 6);
	t.is(json.error.code, 'RES_001');
	t.is(typeof json.error.hint, 'string');
	t.regex(stderr, /barn \(0x[0-9a-f]{6}….*\) fits; heard of \d+ s ago/);
});

test('a provider that is short of something is told as the reason', async t => {
	const {url} = await discovery(t, () => [advertisement(alice, {over_threshold: ['memory']})]);
	const {golem} = await renter(t, url);
	const {exitCode, json} = await golem(['vm', 'create', 'web', '--json']);
	t.is(exitCode, 6);
	t.is(json.error.code, 'NO_PROVIDER');
	t.regex(json.error.message, /One that would is short of memory/);
});
