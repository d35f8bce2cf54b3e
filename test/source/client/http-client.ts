import type http from 'node:http';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import * as z from 'zod';
import {createHttpClient} from '../../../source/client/http-client.js';
import {exitCodes, GolemError} from '../../../source/platform/golem-error.js';
import {startHttpServer} from '../../support/http-server.js';
import {freePort} from '../../support/ports.js';
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
		hint: 'The service says: Wait.',
		exitCode: exitCodes.conflict,
	});
});

test('what a stranger says in an error steers no terminal, and is told as theirs', async t => {
	const {url} = await startHttpServer(t, response => {
		response.writeHead(500, {'Content-Type': 'application/json'}).end(
			JSON.stringify({
				code: 'VM_001',
				message: 'No.\u001B]52;c;aGk=\u0007',
				timestamp: '',
				details: {hint: 'Run\u009B2J: this'},
			}),
		);
	});
	t.like(await errorOf(clientOf(url).text('')), {
		message: 'No.]52;c;aGk=',
		hint: 'The service says: Run2J: this',
	});
});

test('a redirect is told, and not followed', async t => {
	const elsewhere = await startHttpServer(t, response => response.end('here'));
	const {url} = await startHttpServer(t, response =>
		response.writeHead(307, {Location: elsewhere.url}).end(),
	);
	const {code, hint} = await errorOf(clientOf(url).text('/a'));
	t.is(code, 'BAD_ANSWER');
	t.true(hint?.includes(elsewhere.url), hint);
	t.deepEqual(elsewhere.requests, []);
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

// Before all others: it leaves them no turn.
test.serial('what came while this process could not look is an answer in time', async t => {
	const timeoutMs = 500;
	const answer = (response: http.ServerResponse) => {
		// It is on its way to whoever asked, in the same process, who has no turn until the time is up.
		response.end('late', () => {
			const start = performance.now();
			while (performance.now() - start < 1.5 * timeoutMs) {
				// Nothing else goes on.
			}
		});
	};
	const socket = path.join(await temporaryFolder(t), 'a.sock');
	await startHttpServer(t, answer, {path: socket});
	const local = createHttpClient({target: {socket}, name: 'the daemon', hint});
	t.is(await local.text('/', {timeoutMs}), 'late');
	const {url} = await startHttpServer(t, answer);
	t.is(await clientOf(url).text('/', {timeoutMs}), 'late');
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

/** Sends megabytes for as long as somebody takes them. */
function endless(response: http.ServerResponse, onSent: () => void): void {
	const piece = 'x'.repeat(1024 * 1024);
	const write = () => {
		let isTaken = true;
		while (isTaken && !response.destroyed) {
			isTaken = response.write(piece);
			onSent();
		}
	};
	response.on('drain', write);
	write();
}

test('an answer without end is broken off', async t => {
	let sent = 0;
	const {url} = await startHttpServer(t, response =>
		endless(response, () => {
			sent += 1;
		}),
	);
	t.like(await errorOf(clientOf(url).text('')), {
		code: 'BAD_ANSWER',
		message: 'What the service answered has no end.',
	});
	t.true(sent < 100, `${sent} MB were sent`);
});

async function startOnSocket(t: ExecutionContext, answer: Parameters<typeof startHttpServer>[1]) {
	const socket = path.join(await temporaryFolder(t), 'a.sock');
	const {requests} = await startHttpServer(t, answer, {path: socket});
	return {requests, client: createHttpClient({target: {socket}, name: 'the daemon', hint})};
}

test('over a unix socket a body is sent, and the answer is checked', async t => {
	const {client, requests} = await startOnSocket(t, (response, request) => {
		request.pipe(response);
		response.setHeader('X-Type', String(request.headers['content-type']));
	});
	t.deepEqual(await client.send('POST', '/v1/echo', z.object({a: z.string()}), {body: {a: 'é'}}), {a: 'é'});
	t.deepEqual(requests, ['POST /v1/echo']);
	await t.throwsAsync(client.send('POST', '/', z.number(), {body: 'one'}), {code: 'BAD_ANSWER'});
	await t.throwsAsync(client.send('POST', '/', z.number()), {code: 'BAD_ANSWER'});
});

test('over a unix socket an error comes with its code, and one without is told by its status', async t => {
	const {client} = await startOnSocket(t, (response, {url}) => {
		const body = {code: 'REQ_404', message: 'No such path.', timestamp: '', details: {hint: 'Look.'}};
		response.writeHead(404).end(url === '/coded' ? JSON.stringify(body) : 'what?');
	});
	t.like(await errorOf(client.text('/coded')), {
		code: 'REQ_404',
		hint: 'Look.',
		exitCode: exitCodes.notFound,
	});
	t.like(await errorOf(client.text('/')), {code: 'BAD_ANSWER', message: 'The daemon answered 404.'});
	const lines = client.lines('/coded');
	await t.throwsAsync(async () => lines.next(), {code: 'REQ_404'});
});

test('a unix socket that is not there, or breaks off, is not reachable', async t => {
	const {client} = await startOnSocket(t, (response, {url}) => {
		if (url === '/begun') {
			response.write('{', () => response.destroy());
		} else {
			response.destroy();
		}
	});
	const socket = path.join(await temporaryFolder(t), 'none.sock');
	const nobody = createHttpClient({target: {socket}, name: 'the daemon', hint});
	t.like(await errorOf(nobody.text('/')), {
		code: 'NOT_REACHABLE',
		message: 'The daemon cannot be reached (ENOENT).',
		exitCode: exitCodes.notReachable,
		hint,
	});
	t.like(await errorOf(client.text('/')), {code: 'NOT_REACHABLE'});
	t.like(await errorOf(client.text('/begun')), {code: 'NOT_REACHABLE'});
});

test('over a unix socket no answer, or one without end, is waited for as long as was said', async t => {
	const {client} = await startOnSocket(t, (response, {url}) => {
		if (url === '/endless') {
			response.write('8.8.');
		}
	});
	for (const at of ['/silent', '/endless']) {
		t.like(await errorOf(client.text(at, {timeoutMs: 100})), {
			code: 'NET_001',
			message: 'The daemon did not answer in 0.1 s.',
			exitCode: exitCodes.timedOut,
			hint,
		});
	}
});

test('the signal ends what is asked over a unix socket, before its answer and within it', async t => {
	const {client, requests} = await startOnSocket(t, (response, {url}) => {
		if (url === '/begun') {
			response.write('{');
		}
	});
	for (const at of ['/silent', '/begun']) {
		const end = new AbortController();
		const answer = client.text(at, {signal: end.signal});
		await eventually('it was asked', () => whenTrue(requests.includes(`GET ${at}`)));
		const reason = new Error('never mind');
		end.abort(reason);
		t.is(await t.throwsAsync(answer), reason);
		t.is(await t.throwsAsync(client.text(at, {signal: end.signal})), reason);
	}
});

test('an answer without end, or a line without one, is broken off over a unix socket', async t => {
	let sent = 0;
	let isOpen = true;
	const {client} = await startOnSocket(t, response => {
		endless(response, () => {
			sent += 1;
		});
		response.on('close', () => {
			isOpen = false;
		});
	});
	t.like(await errorOf(client.text('/')), {
		code: 'BAD_ANSWER',
		message: 'What the daemon answered has no end.',
	});
	await eventually('the connection is closed', () => whenTrue(!isOpen));
	t.true(sent < 100, `${sent} MB were sent`);
	const lines = client.lines('/');
	await t.throwsAsync(async () => lines.next(), {message: 'A line from the daemon has no end.'});
});

test('lines come as they are ended, and whoever wants no more of them hangs up', async t => {
	let isOpen = true;
	let goOn = () => {};
	const letter = Buffer.from('é');
	const {client} = await startOnSocket(t, response => {
		response.write(Buffer.concat([Buffer.from('one\ntw'), letter.subarray(0, 1)]));
		goOn = () => response.write(Buffer.concat([letter.subarray(1), Buffer.from('\n\nthree')]));
		response.on('close', () => {
			isOpen = false;
		});
	});
	const read: string[] = [];
	for await (const line of client.lines('/')) {
		read.push(line);
		if (line === '') {
			break;
		}

		goOn();
		goOn = () => {};
	}

	t.deepEqual(read, ['one', 'twé', '']);
	await eventually('the connection is closed', () => whenTrue(!isOpen));
});

test('lines end with their signal, without an error', async t => {
	const {client} = await startOnSocket(t, response => response.write('one\n'));
	const end = new AbortController();
	const lines = client.lines('/', {signal: end.signal});
	t.is((await lines.next()).value, 'one');
	const next = lines.next();
	end.abort();
	t.true((await next).done);
});

test('the headers are told, whatever comes of the answer', async t => {
	const socket = path.join(await temporaryFolder(t), 'a.sock');
	await startHttpServer(t, response => response.setHeader('X-Own', 'yes').end('{'), {path: socket});
	const told: unknown[] = [];
	const client = createHttpClient({
		target: {socket},
		name: 'the daemon',
		onHeaders: headers => told.push(headers['x-own']),
	});
	await t.throwsAsync(client.send('GET', '/', z.number()), {code: 'BAD_ANSWER'});
	t.deepEqual(told, ['yes']);
});

test('a server is sent every kind of request, with a body and without', async t => {
	const {url, requests} = await startHttpServer(t, (response, request) => {
		request.setEncoding('utf8');
		let body = '';
		request.on('data', text => {
			body += text;
		});
		request.on('end', () => response.end(JSON.stringify(body)));
	});
	const client = clientOf(`${url}/base/`);
	for (const method of ['GET', 'POST', 'DELETE'] as const) {
		t.is(await client.send(method, '/x', z.string()), '');
	}

	t.is(await client.send('POST', '/x', z.string(), {body: {a: 1}}), '{"a":1}');
	t.deepEqual(requests, ['GET /base/x', 'POST /base/x', 'DELETE /base/x', 'POST /base/x']);
});
