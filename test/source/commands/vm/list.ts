import test from 'ava';
import {alice, mallory} from '../../../support/identities.js';
import {freePort} from '../../../support/ports.js';
import {openTerminal} from '../../../support/terminal.js';
import {advertisement, answer, discovery, serve} from '../../requestor/_stand-ins.js';
import {rented, renter, told} from './_world.js';

const notFound = {code: 'VM_002', message: 'none', timestamp: '2026-01-01T00:00:00.000Z', details: {}};
const long = `${'x'.repeat(40)}-${'y'.repeat(23)}`;

test('vm list tells how each VM is, and of what cannot be asked that it cannot', async t => {
	const {port} = await serve(t, (request, _body, response) => {
		const name = String(request.url).replace('/api/v1/vms/golem-', '');
		if (name === 'gone') {
			answer(response, notFound, 404);
		} else if (name !== 'silent') {
			answer(response, {...told(name, name === 'off' ? 'stopped' : 'running')});
		}
	});
	const {golem, remember, home, environment} = await renter(t);
	await remember(
		rented('web', port),
		rented('off', port),
		rented('gone', port),
		rented('silent', port),
		rented('lost', await freePort()),
		rented('half', port, {vm_id: null, job_id: null, access: null}),
		rented(long, port),
	);
	const {json, exitCode} = await golem(['vm', 'list', '--json']);
	t.is(exitCode, 0);
	t.deepEqual(Object.fromEntries(json.map(({name, status}: Record<string, string>) => [name, status])), {
		web: 'running',
		off: 'stopped',
		gone: 'gone',
		silent: 'unreachable',
		lost: 'unreachable',
		half: 'unconfirmed',
		[long]: 'running',
	});

	const silent = json.find(({name}: {name: string}) => name === 'silent');
	t.regex(silent.error_message, /did not answer in 5 s/);

	const quiet = await golem(['vm', 'list', '--quiet']);
	t.deepEqual(quiet.stdout.trim().split('\n').sort(), json.map(({name}: {name: string}) => name).sort());
	const full = await golem(['vm', 'list']);
	t.true(full.stdout.includes(alice.id) && full.stdout.includes(long), 'a program gets all of it');
	t.regex(full.stdout, /lost: .*cannot be reached/);
	t.regex(full.stdout, /golem vm destroy lost --force/);

	const draw = async (columns: number) => {
		const terminal = openTerminal(['vm', 'list'], {home, environment, columns, rows: 60});
		t.teardown(() => terminal.close());
		t.is(await terminal.ended(30_000), 0);
		const table = terminal.screen().slice(0, 8);
		t.regex(table[0] ?? '', /^NAME +STATUS.* SSH/);
		t.is(table.filter(line => /running|stopped|gone|unreachable|unconfirmed/.test(line)).length, 7);
		t.true(table.every(line => line.length <= columns));
		t.is(columns === 120, /STORAGE/.test(table[0] ?? ''));
	};
	await Promise.all([80, 50, 120].map(draw));
});

test('vm providers fits into 80 columns, with what takes nothing just now and without what is forged', async t => {
	const busy = advertisement(alice, {
		over_threshold: ['cpu', 'memory'],
		name: 'a name of a provider that is a long one',
		images: ['micro', 'ubuntu-24.04', 'debian-12'],
		ip_address: '2001:db8:1111:2222:3333:4444:5555:6666',
	});
	const forged = {...advertisement(mallory), ip_address: '192.0.2.66'};
	const {url} = await discovery(t, () => [busy, forged]);
	const {golem, home, environment} = await renter(t, url);
	const {json, stderr, exitCode} = await golem(['vm', 'providers', '--json']);
	t.is(exitCode, 0);
	t.deepEqual(
		json.map(({provider_id, over_threshold}: Record<string, unknown>) => [provider_id, over_threshold]),
		[[alice.id, ['cpu', 'memory']]],
	);
	t.regex(stderr, new RegExp(`not signed by them: ${mallory.id.slice(0, 8)}…`));
	t.is((await golem(['vm', 'providers', '--quiet'])).stdout, `${alice.id}\n`);

	const terminal = openTerminal(['vm', 'providers'], {home, environment});
	t.teardown(() => terminal.close());
	t.is(await terminal.ended(), 0);
	const table = terminal.screen().filter(line => /^(?:PROVIDER|0x)/.test(line));
	t.is(table.length, 2);
	t.regex(table[1] ?? '', /short of cpu/);
});
