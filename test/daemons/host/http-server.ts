import {once} from 'node:events';
import http from 'node:http';
import net from 'node:net';
import test, {type ExecutionContext} from 'ava';
import * as z from 'zod';
import {closeHttpServer} from '../../../daemons/host/http-server.js';
import {type ApiAnswer, type Route, route} from '../../../daemons/host/router.js';
import {version} from '../../../source/platform/program.js';
import {ApiError} from '../../../source/protocol/error-codes.js';
import {startApiServer} from '../../support/api-server.js';
import {type Answer, postJson, send} from '../../support/http.js';
import {eventually, whenTrue} from '../../support/waiting.js';

const echo = route({
	method: 'POST',
	path: '/echo',
	summary: 'Says what it heard.',
	query: z.object({times: z.coerce.number().int().min(1).default(1)}),
	body: z.object({word: z.string().min(1), list: z.array(z.number()).optional()}),
	handle: ({body, query, rawBody}) => ({body: {...body, times: query.times, bytes: rawBody.length}}),
});

const get = (path: string, handle: Route['handle']): Route => ({
	method: 'GET',
	path,
	summary: 'For this test.',
	handle,
});

/** A promise and its end. */
function createGate(): {opened: Promise<void>; open: () => void} {
	let open = () => {};
	const opened = new Promise<void>(resolve => {
		open = resolve;
	});
	return {opened, open: () => open()};
}

function isError(t: ExecutionContext, answer: Answer, status: number, code: string): void {
	t.is(answer.status, status, answer.text);
	t.is(answer.json.code, code);
	t.is(typeof answer.json.message, 'string');
	t.false(Number.isNaN(Date.parse(answer.json.timestamp)));
	t.is(typeof answer.json.details, 'object');
	t.regex(String(answer.headers['content-type']), /^application\/json/);
}

test('a handler gets what was parsed, and its answer is JSON', async t => {
	const target = await startApiServer(t, [echo]);
	const answer = await postJson(target, '/echo?times=3', {word: 'hej', unknown: 1});
	t.is(answer.status, 200);
	t.deepEqual(answer.json, {word: 'hej', times: 3, bytes: 26});
	t.is(answer.headers['content-type'], 'application/json; charset=utf-8');
});

test('a handler chooses status and headers', async t => {
	const target = await startApiServer(t, [
		get('/made', () => ({status: 202, headers: {Location: '/elsewhere'}})),
	]);
	const answer = await send(target, {path: '/made'});
	t.is(answer.status, 202);
	t.is(answer.headers.location, '/elsewhere');
	t.deepEqual(answer.json, {});
});

test('every fault of a body is listed with its path', async t => {
	const target = await startApiServer(t, [echo]);
	const answer = await postJson(target, '/echo', {word: '', list: [1, 'two', 3, null]});
	isError(t, answer, 400, 'REQ_001');
	t.deepEqual(
		answer.json.details.issues.map((issue: {path: string}) => issue.path),
		['word', 'list.1', 'list.3'],
	);
	t.true(answer.json.details.issues.every((issue: {message: string}) => issue.message.length > 0));
});

test('a query that does not fit is told like a body', async t => {
	const target = await startApiServer(t, [echo]);
	const answer = await postJson(target, '/echo?times=0', {word: 'x'});
	isError(t, answer, 400, 'REQ_001');
	t.deepEqual(
		answer.json.details.issues.map((issue: {path: string}) => issue.path),
		['times'],
	);
});

test('a body that is no JSON, or none at all, is told as such', async t => {
	const target = await startApiServer(t, [echo]);
	for (const body of ['{"word": ', '', '\u0000']) {
		const answer = await send(target, {
			method: 'POST',
			path: '/echo',
			headers: {'Content-Type': 'application/json'},
			body,
		});
		isError(t, answer, 400, 'REQ_001');
		t.is(answer.json.details.issues.length, 1);
	}
});

test('a body of another type than JSON is refused; a character set beside it is not', async t => {
	const target = await startApiServer(t, [echo]);
	const sendAs = async (headers: Record<string, string>) =>
		send(target, {method: 'POST', path: '/echo', headers, body: '{"word":"x"}'});
	for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp']) {
		isError(t, await sendAs({'Content-Type': type}), 415, 'REQ_003');
	}

	isError(t, await sendAs({}), 415, 'REQ_003');
	t.is((await sendAs({'Content-Type': 'Application/JSON; charset=utf-8'})).status, 200);
});

const bodyOf = (bytes: number) => JSON.stringify({word: 'x'.repeat(bytes - '{"word":""}'.length)});

test('a body of 64 KiB is taken, one byte more is not', async t => {
	const target = await startApiServer(t, [echo]);
	const sendBody = async (bytes: number) =>
		send(target, {
			method: 'POST',
			path: '/echo',
			headers: {'Content-Type': 'application/json'},
			body: bodyOf(bytes),
		});
	t.is((await sendBody(65_536)).json.bytes, 65_536);
	isError(t, await sendBody(65_537), 413, 'REQ_002');
});

test('a body that does not say how long it is meets the same limit, and its sender hears so', async t => {
	const target = await startApiServer(t, [echo]);
	const answer = await send(target, {
		method: 'POST',
		path: '/echo',
		headers: {'Content-Type': 'application/json'},
		body: bodyOf(70_000),
		chunked: true,
	});
	isError(t, answer, 413, 'REQ_002');
});

test('an unknown path is REQ_404, an unknown method REQ_405 with those there are', async t => {
	const target = await startApiServer(t, [
		echo,
		get('/things/:name', ({params}) => ({body: params})),
		{...get('/things/:name', () => ({})), method: 'DELETE'},
	]);
	isError(t, await send(target, {path: '/nothing'}), 404, 'REQ_404');
	isError(t, await send(target, {path: '/echo/'}), 404, 'REQ_404');
	const wrongMethod = await postJson(target, '/things/a', {});
	isError(t, wrongMethod, 405, 'REQ_405');
	t.is(wrongMethod.headers.allow, 'GET, DELETE');
	t.is((await send(target, {path: '/echo'})).headers.allow, 'POST');
	t.deepEqual((await send(target, {path: '/things/a%20b'})).json, {name: 'a b'});
});

test('an error of the contract goes out with its status, headers, details and hint', async t => {
	const target = await startApiServer(t, [
		get('/busy', () => {
			throw new ApiError('RES_001', 'Not enough.', {
				details: {available: {cpu: 1}},
				hint: 'Ask for less.',
				headers: {'Retry-After': '5'},
			});
		}),
	]);
	const answer = await send(target, {path: '/busy'});
	isError(t, answer, 409, 'RES_001');
	t.is(answer.headers['retry-after'], '5');
	t.deepEqual(answer.json.details, {available: {cpu: 1}, hint: 'Ask for less.'});
});

test('a fault of ours is SRV_001 with an id that is in the log, and tells nothing else', async t => {
	const target = await startApiServer(t, [
		get('/sync', () => {
			throw new Error('cannot read /home/alice/.golem/identity/key');
		}),
		get('/async', async () => Promise.reject(new TypeError('x is not a function'))),
	]);
	for (const path of ['/sync', '/async']) {
		const answer = await send(target, {path});
		isError(t, answer, 500, 'SRV_001');
		t.deepEqual(Object.keys(answer.json).sort(), ['code', 'details', 'message', 'timestamp']);
		t.notRegex(answer.text, /alice|not a function|http-server|node:|at /);
		const entry = target.entries.find(({request_id}) => request_id === answer.json.details.id);
		t.regex(String((entry?.['err'] as {stack?: string} | undefined)?.stack), /alice|not a function/);
	}
});

test('each answer names the version, whether it went well or not', async t => {
	const target = await startApiServer(t, [get('/fine', () => ({}))]);
	for (const path of ['/fine', '/nothing']) {
		t.is((await send(target, {path})).headers['golem-version'], version);
	}
});

test('what is no HTTP at all is answered with 400, and the server goes on', async t => {
	const target = await startApiServer(t, [get('/fine', () => ({}))]);
	const socket = net.connect(Number(new URL(target.url).port), '127.0.0.1');
	let heard = '';
	socket.setEncoding('utf8').on('data', (text: string) => {
		heard += text;
	});
	socket.end('SSH-2.0-OpenSSH_9.6\r\n\r\n');
	await once(socket, 'close');
	t.regex(heard, /^HTTP\/1\.1 400 /);
	t.is((await send(target, {path: '/fine'})).status, 200);
});

test('a caller that goes away in the middle of its body does no harm', async t => {
	const target = await startApiServer(t, [echo]);
	const socket = net.connect(Number(new URL(target.url).port), '127.0.0.1');
	socket.write(
		'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"wo',
	);
	await once(target.server, 'request');
	socket.destroy();
	t.is((await postJson(target, '/echo', {word: 'x'})).status, 200);
	t.false(target.entries.some(({level}) => Number(level) >= 50));
});

test('an IPv4 caller on an IPv6 socket is known by its IPv4 address', async t => {
	const target = await startApiServer(t, [get('/me', ({remoteAddress}) => ({body: {remoteAddress}}))]);
	await closeHttpServer(target.server, 0);
	target.server.listen(0, '::');
	await once(target.server, 'listening');
	const address = target.server.address();
	const port = typeof address === 'object' && address ? address.port : 0;
	t.is((await send({url: `http://127.0.0.1:${port}`}, {path: '/me'})).json.remoteAddress, '127.0.0.1');
});

/** An answer that goes on until its signal, counting from 0, and notes its own end. */
function countForever(onEnd: () => void) {
	return get('/count', ({signal}): ApiAnswer => {
		async function* chunks() {
			try {
				for (let number = 0; !signal.aborted; number++) {
					yield `${number}\n`;
					if (number >= 3) {
						await new Promise<void>(resolve => {
							signal.addEventListener('abort', () => resolve(), {once: true});
						});
					}
				}
			} finally {
				onEnd();
			}
		}

		return {stream: {contentType: 'application/x-ndjson', chunks: chunks()}};
	});
}

/** The beginning of a streamed answer, and how to hang up on it. */
async function openStream(url: string, path: string) {
	const request = http.get(`${url}${path}`, {agent: false});
	const [response] = (await once(request, 'response')) as [http.IncomingMessage];
	let text = '';
	let hasEnded = false;
	response.setEncoding('utf8');
	response.on('data', (chunk: string) => {
		text += chunk;
	});
	response.on('end', () => {
		hasEnded = true;
	});
	response.on('error', () => {});
	return {response, text: () => text, hasEnded: () => hasEnded, hangUp: () => request.destroy()};
}

test('a streamed answer comes piece by piece, and ends when its caller hangs up', async t => {
	let ended = 0;
	const target = await startApiServer(t, [
		countForever(() => {
			ended += 1;
		}),
	]);
	const stream = await openStream(target.url, '/count');
	t.is(stream.response.headers['content-type'], 'application/x-ndjson');
	t.is(stream.response.headers['cache-control'], 'no-store');
	await eventually('the first lines are there', () => whenTrue(stream.text() === '0\n1\n2\n3\n'));
	t.is(ended, 0);
	stream.hangUp();
	await eventually('the stream was told', () => whenTrue(ended === 1));
	t.is(ended, 1);
});

test('a streamed answer comes to its proper end when the server ends', async t => {
	const target = await startApiServer(t, [countForever(() => {})]);
	const stream = await openStream(target.url, '/count');
	await eventually('the first lines are there', () => whenTrue(stream.text().includes('3\n')));
	target.end.abort();
	await eventually('the answer has ended', () => whenTrue(stream.hasEnded()));
	await t.notThrowsAsync(closeHttpServer(target.server));
});

test('a caller that does not read is not written to without end, and leaves nothing piled up', async t => {
	let written = 0;
	const warnings: Error[] = [];
	const warn = (warning: Error) => warnings.push(warning);
	process.on('warning', warn);
	t.teardown(() => process.off('warning', warn));
	const target = await startApiServer(t, [
		get('/flood', ({signal}) => {
			async function* chunks() {
				while (!signal.aborted && written < 2000) {
					written += 1;
					yield 'x'.repeat(65_536);
				}
			}

			return {stream: {contentType: 'text/plain', chunks: chunks()}};
		}),
	]);
	const socket = net.connect(Number(new URL(target.url).port), '127.0.0.1');
	t.teardown(() => socket.destroy());
	socket.pause();
	socket.write('GET /flood HTTP/1.1\r\nHost: a\r\n\r\n');
	let before = -1;
	const settled = await eventually('writing stops by itself', async () => {
		const now = written;
		const same = now > 0 && now === before;
		before = now;
		return same ? now : undefined;
	});
	t.true(settled * 65_536 < 64 * 1024 * 1024);
	t.deepEqual(
		warnings.map(({name}) => name),
		[],
	);
});

test('what was begun before the end is finished, and nothing new is let in', async t => {
	const gate = createGate();
	const begun = createGate();
	const target = await startApiServer(t, [
		get('/slow', async () => {
			begun.open();
			await gate.opened;
			return {body: {done: true}};
		}),
	]);
	const answer = send(target, {path: '/slow'});
	await begun.opened;
	const closing = closeHttpServer(target.server, 10_000);
	await t.throwsAsync(send(target, {path: '/slow'}), {code: 'ECONNREFUSED'});
	gate.open();
	t.deepEqual((await answer).json, {done: true});
	await closing;
});

test('what the end breaks off is told so, and is no fault', async t => {
	const begun = createGate();
	const target = await startApiServer(t, [
		get('/wait', ({signal}) => {
			begun.open();
			return new Promise<ApiAnswer>((_, reject) => {
				signal.addEventListener('abort', () => reject(signal.reason), {once: true});
			});
		}),
	]);
	const answer = send(target, {path: '/wait'});
	await begun.opened;
	target.end.abort(new Error('ending'));
	isError(t, await answer, 503, 'SRV_002');
	t.false(target.entries.some(({level}) => Number(level) >= 50));
});

test('what does not finish in its time of grace is cut', async t => {
	const begun = createGate();
	const target = await startApiServer(t, [
		get('/never', async () => {
			begun.open();
			return new Promise<ApiAnswer>(() => {});
		}),
	]);
	const answer = t.throwsAsync(send(target, {path: '/never'}), {code: 'ECONNRESET'});
	await begun.opened;
	await closeHttpServer(target.server, 50);
	await answer;
});

test('an idle connection that would be kept alive does not hold up the end', async t => {
	const target = await startApiServer(t, [get('/fine', () => ({}))]);
	const agent = new http.Agent({keepAlive: true});
	t.teardown(() => agent.destroy());
	const request = http.get(`${target.url}/fine`, {agent});
	const [response] = (await once(request, 'response')) as [http.IncomingMessage];
	response.resume();
	await once(response, 'end');
	const before = performance.now();
	await closeHttpServer(target.server, 60_000);
	t.true(performance.now() - before < 4000);
});
