import type http from 'node:http';
import test, {type ExecutionContext} from 'ava';
import {alice} from '../../../support/identities.js';
import {eventually, whenTrue} from '../../../support/waiting.js';
import {advertisement, answer, discovery, job, serve} from '../../requestor/_stand-ins.js';
import {renter, told} from './_world.js';

/* `golem vm create` where what was accepted comes to nothing: the provider is a stand-in that forgets. */

const unknown = {
	code: 'VM_002',
	message: 'You have no job.',
	timestamp: '2026-01-01T00:00:00.000Z',
	details: {},
};

/** A provider that accepts, tells of a VM until it is destroyed, and answers what else is asked of it as the test says. */
async function forgetfulProvider(
	t: ExecutionContext,
	answerJob: (response: http.ServerResponse) => void = response => answer(response, job('web')),
) {
	const open: http.ServerResponse[] = [];
	let isDestroyed = false;
	const {port} = await serve(t, (request, _body, response) => {
		if (request.method === 'DELETE') {
			isDestroyed = true;
			for (const stream of open) {
				stream.end();
			}

			// Whoever waits for the VM hears of its end before whoever ended it.
			setTimeout(() => answer(response, {}), 500);
		} else if (request.method === 'POST') {
			answer(response, job('web'), 202);
		} else if (request.url?.endsWith('/events')) {
			response.writeHead(200, {'Content-Type': 'text/event-stream'});
			const stage = 'data: {"type":"stage","stage":"boot","message":"boot","elapsed_ms":1}\n\n';
			response.write(`data: no JSON\n\n${stage.repeat(1000)}`);
			open.push(response);
		} else if (isDestroyed) {
			answer(response, unknown, 404);
		} else {
			answerJob(response);
		}
	});
	const {url} = await discovery(t, () => [advertisement(alice, {port})]);
	return {
		url,
		open,
		endStreams: () => {
			for (const stream of open) {
				stream.end();
			}
		},
	};
}

test('a VM that is given back while it is being created is told as that, and not remembered again', async t => {
	const {url, open} = await forgetfulProvider(t);
	const {start, golem, rentals} = await renter(t, url);
	const creating = start(['vm', 'create', 'web', '--json']);
	await eventually('it is waited for', () => whenTrue(open.length === 1), 30_000);
	t.is((await golem(['vm', 'purge', '--yes'])).exitCode, 0);
	const {exitCode, json} = await creating.ended;
	t.is(exitCode, 6);
	t.like(json.error, {code: 'RENTAL_ENDED', message: 'web was given back while it was being created.'});
	t.deepEqual(await rentals(), []);
});

test('a creation that its provider has forgotten is told as that, with the way to forget it too', async t => {
	const {url, open, endStreams} = await forgetfulProvider(t, response => answer(response, unknown, 404));
	const {start, golem, rentals} = await renter(t, url);
	const creating = start(['vm', 'create', 'web', '--json']);
	await eventually('it is waited for', () => whenTrue(open.length === 1), 30_000);
	endStreams();
	const {exitCode, json} = await creating.ended;
	t.is(exitCode, 3);
	t.regex(json.error.message, /accepted web, and knows nothing of it any more/);
	t.is(json.error.hint, 'Forget it with: golem vm destroy web');
	t.is((await rentals()).length, 1);
	t.is((await golem(['vm', 'create', 'web', '--json'])).json.error.message, json.error.message);
});

test('of a provider that says nothing sensible while its VM is waited for, it is told how to go on', async t => {
	const {url, open, endStreams} = await forgetfulProvider(t, response => {
		response.writeHead(500).end('<h1>Oops</h1>');
	});
	const {start} = await renter(t, url);
	const creating = start(['vm', 'create', 'web', '--json']);
	await eventually('it is waited for', () => whenTrue(open.length === 1), 30_000);
	endStreams();
	const {exitCode, json} = await creating.ended;
	t.is(exitCode, 1);
	t.regex(json.error.hint, /golem vm create web .* golem vm destroy web/);
});

test('a stage is told once, however often the provider says it', async t => {
	const {url} = await forgetfulProvider(t, response => {
		answer(response, {...job('web'), status: 'done', vm: told('web')});
	});
	const {golem} = await renter(t, url);
	const {exitCode, stderr} = await golem(['vm', 'create', 'web', '--timeout', '6']);
	t.is(exitCode, 7);
	t.is(stderr.match(/Booting/g)?.length, 1, stderr.slice(0, 500));
});
