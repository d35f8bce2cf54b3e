import test from 'ava';
import {openTerminal} from '../../../support/terminal.js';
import {answer, serve} from '../../requestor/_stand-ins.js';
import {rented, renter, told} from './_world.js';

test('a provider whose error has a code that every object knows hides no VM', async t => {
	const {port} = await serve(t, (request, _body, response) => {
		if (request.url?.endsWith('golem-web')) {
			answer(response, told('web'));
		} else {
			const timestamp = '2026-01-01T00:00:00.000Z';
			answer(response, {code: 'constructor', message: 'No.', timestamp, details: {}}, 500);
		}
	});
	const {golem, remember} = await renter(t);
	await remember(rented('web', port), rented('odd', port));
	const {stdout, exitCode, stderr} = await golem(['vm', 'list']);
	t.is(exitCode, 0, stderr);
	t.regex(stdout, /web +running/);
	t.regex(stdout, /odd +unknown/);
});

test('the id that a provider gives a VM does not steer the terminal, alone or in JSON', async t => {
	const id = 'golem\u001B]0;owned\u0007\u009B31m\u202E-web';
	const {port} = await serve(t, (_request, _body, response) => answer(response, {...told('web'), id}));
	const {golem, remember, home, environment} = await renter(t);
	await remember(rented('web', port));
	for (const flag of ['--quiet', '--json']) {
		const terminal = openTerminal(['vm', 'info', 'web', flag], {home, environment});
		t.teardown(() => terminal.close());
		t.is(await terminal.ended(30_000), 0);
		t.regex(terminal.raw(), /golem.*web/);
		t.notRegex(terminal.raw().replaceAll('\r\n', ''), /\p{C}/u, flag);
	}

	const piped = await golem(['vm', 'info', 'web', '--json']);
	t.is(piped.json.id, id, 'a program gets it as it is');
});

test('a VM is told by the name that it has here, whatever its provider calls it', async t => {
	const {port} = await serve(t, (_request, _body, response) => answer(response, told('other')));
	const {golem, remember} = await renter(t);
	await remember(rented('web', port));
	t.is((await golem(['vm', 'info', 'web', '--json'])).json.name, 'web');
	t.regex((await golem(['vm', 'info', 'web'])).stdout, /^name +web$/m);
	t.is((await golem(['vm', 'stop', 'web', '--json'])).json.name, 'web');
});

test('however much a provider says in an error, it is told in brief', async t => {
	const words = 'No. '.repeat(250_000);
	const timestamp = '2026-01-01T00:00:00.000Z';
	const {port} = await serve(t, (_request, _body, response) => {
		answer(response, {code: 'RES_001', message: words, timestamp, details: {hint: words}}, 409);
	});
	const {golem, remember} = await renter(t);
	await remember(rented('web', port));
	const {exitCode, stderr} = await golem(['vm', 'info', 'web']);
	t.is(exitCode, 6);
	t.regex(stderr, /^golem: No\. No\./);
	t.true(stderr.length < 3000, `${stderr.length} letters`);
});
