import path from 'node:path';
import test from 'ava';
import * as z from 'zod';
import {createHttpClient} from '../../../source/client/http-client.js';
import {exitCodes, GolemError} from '../../../source/platform/golem-error.js';
import {startHttpServer} from '../../support/http-server.js';
import {freePort} from '../../support/network.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../support/waiting.js';

const hint = 'Try another one.';
const clientOf = (url: string) => createHttpClient({target: {url}, name: 'the service', hint});

async function errorOf(answer: Promise<string>): Promise<GolemError> {
	try {
		await answer;
	} catch (error) {
		if (error instanceof GolemError) {
			return error;
		}

		throw error;
	}

	throw new Error('It was answered.');
}

test('a text comes as it is, from the path that was asked for', async t => {
	const text = ' 8.8.4.4\r\nsmörgås {"not": json\n';
	const {url, requests} = await startHttpServer(t, response => response.end(text));
	t.is(await clientOf(`${url}/`).text('/plain?v=4'), text);
	t.is(await clientOf(url).text(''), text);
	t.deepEqual(requests, ['GET /plain?v=4', 'GET /']);
});

test('a text comes over a unix socket too', async t => {
	const socket = path.join(await temporaryFolder(t), 'a.sock');
	await startHttpServer(t, response => response.end('hello'), {path: socket});
	t.is(await createHttpClient({target: {socket}, name: 'the daemon'}).text('/metrics'), 'hello');
});

test('an error that the other side gives a code comes with it', async t => {
	const {url} = await startHttpServer(t, response => {
		response
			.writeHead(429, {'Content-Type': 'application/json'})
			.end(JSON.stringify({code: 'RATE_001', message: 'Too much.', timestamp: '', details: {hint: 'Wait.'}}));
	});
	t.like(await errorOf(clientOf(url).text('')), {
		code: 'RATE_001',
		message: 'Too much.',
		hint: 'Wait.',
		exitCode: exitCodes.conflict,
	});
});

test('any other error is told by its status', async t => {
	const {url} = await startHttpServer(t, response => response.writeHead(503).end('<h1>later</h1>'));
	t.like(await errorOf(clientOf(url).text('')), {
		code: 'BAD_ANSWER',
		message: 'The service answered 503.',
	});
});

test('a question that was asked before is answered with `unchanged` where nothing has', async t => {
	const {url} = await startHttpServer(t, (response, {headers}) => {
		if (headers['if-none-match'] === '"1"') {
			response.writeHead(304, {ETag: '"1"'}).end();
		} else {
			response.writeHead(200, {ETag: '"1"', 'X-Extra': 'yes'}).end('[1]');
		}
	});
	const ask = (etag?: string) => clientOf(url).getIfChanged('/', z.array(z.number()), {etag});
	const {serverTimeMs = 0, ...first} = await ask();
	t.like(first, {unchanged: false, value: [1], etag: '"1"', headers: {'x-extra': 'yes'}});
	t.true(Math.abs(serverTimeMs - Date.now()) < 60_000);
	t.like(await ask('"1"'), {unchanged: true});
	t.like(await ask('"0"'), {unchanged: false, value: [1]});
});

test('a 304 that nobody asked for makes no sense, and a tag too long to send back is none', async t => {
	const wrong = await startHttpServer(t, response => response.writeHead(304).end());
	await t.throwsAsync(clientOf(wrong.url).getIfChanged('/', z.array(z.number())), {code: 'BAD_ANSWER'});
	const long = await startHttpServer(t, response => {
		response.writeHead(200, {ETag: `"${'x'.repeat(300)}"`}).end('1');
	});
	t.like(await clientOf(long.url).getIfChanged('/', z.number()), {value: 1, etag: undefined});
});

test('an error says when to come again, in seconds or by the clock, where the other side did', async t => {
	const retryAfters = ['7', new Date(Date.now() + 3_600_000).toUTCString(), 'soon'];
	const {url} = await startHttpServer(t, (response, request) => {
		const retryAfter = retryAfters[Number(request.url?.slice(1))] ?? '';
		response.writeHead(503, {'Retry-After': retryAfter}).end('later');
	});
	const secondsOf = async (index: number) =>
		(await errorOf(clientOf(url).text(`/${index}`))).details['retry_after_seconds'];
	t.is(await secondsOf(0), 7);
	const byTheClock = Number(await secondsOf(1));
	t.true(byTheClock > 3000 && byTheClock <= 3600, String(byTheClock));
	t.is(await secondsOf(2), undefined);
});

test('nobody there, and somebody who hangs up, is not reachable, with what to do', async t => {
	const {url} = await startHttpServer(t, response => response.destroy());
	for (const target of [url, `http://127.0.0.1:${await freePort()}`]) {
		t.like(await errorOf(clientOf(target).text('')), {
			code: 'NOT_REACHABLE',
			exitCode: exitCodes.notReachable,
			hint,
		});
	}
});

test('an answer that does not come, or does not end, is waited for as long as was said', async t => {
	const silent = await startHttpServer(t, () => {});
	const endless = await startHttpServer(t, response => response.write('8.8.'));
	for (const {url} of [silent, endless]) {
		t.like(await errorOf(clientOf(url).text('', {timeoutMs: 100})), {
			code: 'NET_001',
			message: 'The service did not answer in 0.1 s.',
			exitCode: exitCodes.timedOut,
		});
	}
});

test('the signal ends a request with its reason', async t => {
	const {url, requests} = await startHttpServer(t, () => {});
	const end = new AbortController();
	const answer = clientOf(url).text('', {signal: end.signal});
	await eventually('it was asked', () => whenTrue(requests.length > 0));
	const reason = new Error('never mind');
	end.abort(reason);
	t.is(await t.throwsAsync(answer), reason);
});

test('an answer without end is broken off', async t => {
	let sent = 0;
	const piece = 'x'.repeat(1024 * 1024);
	const {url} = await startHttpServer(t, response => {
		const write = () => {
			while (!response.destroyed && response.write(piece)) {
				sent += 1;
			}
		};
		response.on('drain', write);
		write();
	});
	t.like(await errorOf(clientOf(url).text('')), {
		code: 'BAD_ANSWER',
		message: 'What the service answered has no end.',
	});
	t.true(sent < 100, `${sent} MB were sent`);
});
