import test, {type ExecutionContext} from 'ava';
import {freePort} from '../../../support/ports.js';
import {keys, openTerminal} from '../../../support/terminal.js';
import {answer, serve} from '../../requestor/_stand-ins.js';
import {rented, renter} from './_world.js';

/** A provider that ends what it is told to. */
async function provider(t: ExecutionContext) {
	const ended: string[] = [];
	const {port} = await serve(t, (request, _body, response) => {
		ended.push(String(request.url?.split('/').at(-1)));
		answer(response, {});
	});
	return {port, ended};
}

for (const args of [
	['vm', 'destroy', 'web'],
	['vm', 'purge'],
]) {
	test(`golem ${args.join(' ')} without a terminal needs --yes, and does nothing else`, async t => {
		const {port, ended} = await provider(t);
		const {golem, remember, rentals} = await renter(t);
		await remember(rented('web', port));
		const scripts = await golem([...args, '--json']);
		t.is(scripts.exitCode, 2);
		t.is(scripts.json.error.code, 'USAGE');
		t.is(scripts.json.error.hint, `If you are sure: golem ${args.join(' ')} --yes`);
		t.is((await golem(args)).exitCode, 2);
		t.is((await golem(args, {input: 'yes\n2\n'})).exitCode, 2, 'a pipe is nobody to ask');
		t.deepEqual(ended, []);
		t.is((await rentals()).length, 1);
	});

	test(`golem ${args.join(' ')} asks on a terminal, and no is the default`, async t => {
		const {port, ended} = await provider(t);
		const {home, environment, remember, rentals} = await renter(t);
		await remember(rented('web', port), rented('db1', port));
		const terminal = openTerminal(args, {home, environment});
		t.teardown(() => terminal.close());
		await terminal.shows(args[1] === 'purge' ? /all 2 VMs \(.*web.*\)/ : 'Destroy web?');
		terminal.press(keys.enter);
		t.is(await terminal.ended(), 1);
		t.deepEqual(ended, []);
		t.is((await rentals()).length, 2);

		const sure = openTerminal(args, {home, environment});
		t.teardown(() => sure.close());
		await sure.shows('2) Yes');
		sure.press(`2${keys.enter}`);
		t.is(await sure.ended(), 0);
		t.is((await rentals()).length, args[1] === 'purge' ? 0 : 1);
	});
}

test('vm purge without VMs is done, and asks nothing', async t => {
	const {golem} = await renter(t);
	const {exitCode, json} = await golem(['vm', 'purge', '--json']);
	t.is(exitCode, 0);
	t.deepEqual(json, []);
});

test('vm purge ends what can be ended, keeps the rest, and tells of each', async t => {
	const {port, ended} = await provider(t);
	const {golem, remember, rentals} = await renter(t);
	await remember(rented('web', port), rented('lost', await freePort()), rented('db1', port));
	const first = await golem(['vm', 'purge', '--yes', '--json']);
	t.is(first.exitCode, 5);
	const statuses = (vms: Array<{name: string; status: string}>) =>
		Object.fromEntries(vms.map(({name, status}) => [name, status]));
	t.deepEqual(statuses(first.json), {web: 'deleted', db1: 'deleted', lost: 'kept'});
	t.like(
		first.json.find(({name}: {name: string}) => name === 'lost'),
		{reason: {code: 'NOT_REACHABLE'}},
	);
	t.deepEqual(ended.sort(), ['golem-db1', 'golem-web']);
	t.deepEqual(
		(await rentals()).map(({name}) => name),
		['lost'],
	);

	const quiet = await golem(['vm', 'purge', '--yes', '--quiet']);
	t.is(quiet.stdout, '');
	const forced = await golem(['vm', 'purge', '--yes', '--force', '--json']);
	t.is(forced.exitCode, 0);
	t.deepEqual(statuses(forced.json), {lost: 'forgotten'});
	t.deepEqual(await rentals(), []);
});

test('vm destroy forgets a VM whose provider is gone only where that is said', async t => {
	const {golem, remember, rentals} = await renter(t);
	await remember(rented('web', await freePort()));
	const kept = await golem(['vm', 'destroy', 'web', '--yes', '--json']);
	t.is(kept.exitCode, 5);
	t.is(kept.json.error.code, 'NOT_REACHABLE');
	t.regex(kept.json.error.hint, /golem vm destroy web --force/);
	t.is((await rentals()).length, 1);

	const forgotten = await golem(['vm', 'destroy', 'web', '--force', '--yes', '--json']);
	t.is(forgotten.exitCode, 0);
	t.like(forgotten.json, {
		name: 'web',
		id: 'golem-web',
		status: 'forgotten',
		reason: {code: 'NOT_REACHABLE'},
	});
	t.deepEqual(await rentals(), []);
});

test('--force forgets nothing that its provider can be told to end', async t => {
	const {port, ended} = await provider(t);
	const {golem, remember} = await renter(t);
	await remember(rented('web', port));
	const {json} = await golem(['vm', 'destroy', 'web', '--force', '--yes', '--json']);
	t.is(json.status, 'deleted');
	t.deepEqual(ended, ['golem-web']);
});
