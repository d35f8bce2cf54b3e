import {once} from 'node:events';
import net, {type AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import * as z from 'zod';
import {closeHttpServer, createHttpApi, type HttpApiOptions} from '../../../daemons/host/http-server.js';
import {type Route, route} from '../../../daemons/host/router.js';
import {send} from '../../support/http.js';
import {createTestLog} from '../../support/log.js';
import {eventually, whenTrue} from '../../support/waiting.js';

const echo = route({
	method: 'POST',
	path: '/echo',
	summary: 'Says what it heard.',
	query: z.looseObject({}),
	body: z.looseObject({word: z.string(), list: z.array(z.number()).optional()}),
	handle: ({body, query}) => ({body: {body, query}}),
});

const get = (path: string, handle: Route['handle']): Route => ({method: 'GET', path, summary: '', handle});

const fine = get('/fine/:name', ({params, path}) => ({body: {params, path}}));

async function startServer(
	t: ExecutionContext,
	routes: Route[] = [echo, fine],
	options: Pick<HttpApiOptions, 'answerTimeoutMs'> = {},
) {
	const {log, entries} = createTestLog();
	const end = new AbortController();
	const server = createHttpApi({routes, log, signal: end.signal, ...options});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(async () => {
		end.abort();
		await closeHttpServer(server, 0);
	});
	const {port} = server.address() as AddressInfo;
	return {
		server,
		port,
		url: `http://127.0.0.1:${port}`,
		entries,
		faults: () => entries.filter(({level}) => Number(level) >= 50),
		/** Waits until no connection is left. */
		async isAlone() {
			await eventually('the server has let go of every connection', async () => {
				const count = await new Promise<number>((resolve, reject) => {
					server.getConnections((error, number) => (error ? reject(error) : resolve(number)));
				});
				return whenTrue(count === 0);
			});
		},
	};
}

/** A connection that says exactly that. One that keeps its half open does not hang up when the server does. */
function talk(
	t: ExecutionContext,
	port: number,
	bytes: string | Buffer,
	{keepsHalfOpen = false}: {keepsHalfOpen?: boolean} = {},
) {
	const socket = net.connect({port, host: '127.0.0.1', allowHalfOpen: keepsHalfOpen});
	t.teardown(() => socket.destroy());
	let heard = '';
	let isOver = false;
	socket.setEncoding('latin1').on('data', (text: string) => {
		heard += text;
	});
	socket.on('end', () => {
		isOver = true;
	});
	socket.on('close', () => {
		isOver = true;
	});
	socket.on('error', () => {});
	socket.write(bytes);
	return {
		socket,
		heard: () => heard,
		/** Waits until it has heard that. */
		hears: (what: RegExp) => eventually(`hears ${what}`, () => whenTrue(what.test(heard))),
		/** Waits until the server has hung up. */
		isOver: () => eventually('the server hangs up', () => whenTrue(isOver)),
	};
}

const host = 'Host: a\r\n';
const post = (headers: string, body: string | Buffer = '') =>
	Buffer.concat([
		Buffer.from(`POST /echo HTTP/1.1\r\n${host}Content-Type: application/json\r\n${headers}\r\n`),
		Buffer.from(body),
	]);
const sized = (body: string | Buffer) => post(`Content-Length: ${Buffer.byteLength(body)}\r\n`, body);

const answered: Array<[what: string, bytes: string | Buffer, status: number]> = [
	['a path with a broken percent-encoding', `GET /fine/%E0%A4%A HTTP/1.1\r\n${host}\r\n`, 404],
	['a path with an encoded NUL', `GET /fine%00 HTTP/1.1\r\n${host}\r\n`, 404],
	['OPTIONS *', `OPTIONS * HTTP/1.1\r\n${host}\r\n`, 404],
	['an upgrade', `GET /fine/a HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, 200],
	['an expectation nobody meets', `GET /fine/a HTTP/1.1\r\n${host}Expect: wonders\r\n\r\n`, 417],
	['a header of 20 kB', `GET /fine/a HTTP/1.1\r\n${host}X: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
	['a path of 20 kB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`, 431],
	['a request to no host', 'GET /fine/a HTTP/1.1\r\n\r\n', 400],
	['a body with two lengths', post('Content-Length: 2\r\nContent-Length: 3\r\n', '{}'), 400],
	[
		'a body with a length and chunks',
		post('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
		400,
	],
	['a body of -1 bytes', post('Content-Length: -1\r\n'), 400],
	['a chunk that is none', post('Transfer-Encoding: chunked\r\n', 'zz\r\n'), 400],
	['a body that turns into garbage', post('Transfer-Encoding: chunked\r\n', '3\r\nabc\r\nzz\r\n'), 400],
	['an encoding nobody knows', post('Transfer-Encoding: gzip\r\n', 'abc'), 400],
	['the greeting of HTTP 2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
	['a request of HTTP 9.9', `GET /fine/a HTTP/9.9\r\n${host}\r\n`, 400],
	['a TLS greeting', Buffer.from('16030100a5010000a10303', 'hex'), 400],
	['a header with a NUL', `GET /fine/a HTTP/1.1\r\n${host}X: \0\r\n\r\n`, 400],
	['a body that is no UTF-8', sized(Buffer.from('{"word":"\u00ff"}', 'latin1')), 400],
	['a byte order mark', sized('\ufeff{"word":"a"}'), 400],
	['a NUL in JSON', sized('{"word":"\0"}'), 400],
	['an array 30,000 levels deep', sized(`${'['.repeat(30_000)}${']'.repeat(30_000)}`), 400],
	['an object 8,000 levels deep', sized(`{"word":"a","x":${'{"a":'.repeat(8000)}1${'}'.repeat(8001)}`), 400],
];

for (const [what, bytes, status] of answered) {
	test(`${what} is answered with ${status}, and the server goes on`, async t => {
		const target = await startServer(t);
		const {hears, socket} = talk(t, target.port, bytes);
		await hears(new RegExp(`^HTTP/1\\.1 ${status} `));
		socket.destroy();
		t.is((await send(target, {path: '/fine/a'})).status, 200);
		t.deepEqual(target.faults(), []);
		await target.isAlone();
	});
}

test('CONNECT gets no tunnel and no answer', async t => {
	const target = await startServer(t);
	const {heard, isOver} = talk(t, target.port, `CONNECT a:443 HTTP/1.1\r\n${host}\r\n`);
	await isOver();
	t.is(heard(), '');
	await target.isAlone();
});

test('an offer of another protocol is declined, and nothing behind it is left waiting for an answer', async t => {
	const target = await startServer(t);
	const upgrade = `GET /fine/a HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
	const {heard, isOver} = talk(t, target.port, `${upgrade}GET /fine/b HTTP/1.1\r\n${host}\r\n`);
	await isOver();
	t.regex(heard(), /^HTTP\/1\.1 200 OK\r\n(?:.*\r\n)*Connection: close\r\n/);
});

test('a request that names the server is one to its path', async t => {
	const target = await startServer(t);
	const {hears, heard} = talk(t, target.port, `GET http://a/fine/b?c=d HTTP/1.1\r\n${host}\r\n`);
	await hears(/\}\}$|\}$/);
	t.regex(heard(), /"path":"\/fine\/b\?c=d"/);
	const root = talk(t, target.port, `GET http://a?c HTTP/1.1\r\n${host}\r\n`);
	await root.hears(/There is no \/ here/);
});

test('keys that JavaScript has plans of its own for are keys like others, or nothing', async t => {
	const target = await startServer(t);
	const answer = await send(target, {
		method: 'POST',
		path: '/echo?__proto__=1&constructor=2&toString=3',
		headers: {'Content-Type': 'application/json'},
		body: '{"word":"a","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
	});
	t.is(answer.status, 200);
	t.deepEqual(answer.json.query, {constructor: '2', toString: '3'});
	t.is(Reflect.get({}, 'polluted'), undefined);
});

test('64 KiB of faults are told in a few lines', async t => {
	const target = await startServer(t);
	const list = Array.from({length: 13_000}, () => null);
	const answer = await send(target, {
		method: 'POST',
		path: '/echo',
		headers: {'Content-Type': 'application/json'},
		body: JSON.stringify({word: 'a', list}),
	});
	t.is(answer.status, 400);
	t.is(answer.json.details.issues.length, 20);
	t.regex(answer.json.message, /and 12980 more$/);
	t.true(answer.text.length < 10_000);
});

test('who sends garbage and then keeps the line open is hung up on', async t => {
	const target = await startServer(t);
	const {socket, isOver} = talk(t, target.port, 'garbage\r\n\r\n', {keepsHalfOpen: true});
	await isOver();
	await target.isAlone();
	t.true(socket.writable, 'this end never hung up');
});

test('garbage behind a request that is being answered is not answered into the middle of it', async t => {
	const target = await startServer(t, [
		get('/count', ({signal}) => {
			async function* chunks() {
				for (let number = 0; !signal.aborted; number++) {
					yield `${number}\n`;
					await new Promise(resolve => setImmediate(resolve));
				}
			}

			return {stream: {contentType: 'text/plain', chunks: chunks()}};
		}),
	]);
	const caller = talk(t, target.port, `GET /count HTTP/1.1\r\n${host}\r\n`);
	await caller.hears(/\n5\n/);
	caller.socket.write('garbage\r\n\r\n');
	await caller.isOver();
	t.is(caller.heard().match(/HTTP\/1\.1 /g)?.length, 1);
	await target.isAlone();
});

test('an upload that breaks off is nobody’s fault here, even behind another request', async t => {
	const gates: Array<() => void> = [];
	const target = await startServer(t, [
		echo,
		get('/slow', async () => {
			await new Promise<void>(resolve => {
				gates.push(resolve);
			});
			return {};
		}),
	]);
	let requests = 0;
	target.server.on('request', () => {
		requests += 1;
	});
	const broken = post('Content-Length: 50\r\n', '{"wo');
	const first = talk(t, target.port, broken);
	const second = talk(
		t,
		target.port,
		Buffer.concat([Buffer.from(`GET /slow HTTP/1.1\r\n${host}\r\n`), broken]),
	);
	await eventually('both are being read', () => whenTrue(requests === 3));
	first.socket.destroy();
	second.socket.destroy();
	await eventually('both are noted', () =>
		whenTrue(target.entries.filter(({status}) => status === 'aborted').length === 2),
	);
	for (const open of gates) {
		open();
	}

	t.deepEqual(target.faults(), []);
	await target.isAlone();
});

test('a stream that waits its turn behind another answer ends with its connection', async t => {
	let streams = 0;
	const target = await startServer(t, [
		get('/never', () => new Promise(() => {})),
		get('/stream', ({signal}) => {
			async function* chunks() {
				streams += 1;
				try {
					while (!signal.aborted) {
						yield 'x'.repeat(10_000);
						await new Promise(resolve => setImmediate(resolve));
					}
				} finally {
					streams -= 1;
				}
			}

			return {stream: {contentType: 'text/plain', chunks: chunks()}};
		}),
	]);
	const {socket} = talk(
		t,
		target.port,
		`GET /never HTTP/1.1\r\n${host}\r\n${`GET /stream HTTP/1.1\r\n${host}\r\n`.repeat(12)}`,
	);
	await eventually('all streams have begun', () => whenTrue(streams === 12));
	socket.destroy();
	await eventually('all streams have ended', () => whenTrue(streams === 0));
	t.deepEqual(target.faults(), []);
});

test('who asks and never takes the answer loses the connection', async t => {
	const large = get('/large', () => ({body: 'x'.repeat(20_000_000)}));
	const endless = get('/endless', ({signal}) => {
		async function* chunks() {
			while (!signal.aborted) {
				yield 'x'.repeat(65_536);
			}
		}

		return {stream: {contentType: 'text/plain', chunks: chunks()}};
	});
	const target = await startServer(t, [large, endless], {answerTimeoutMs: 300});
	for (const path of ['/large', '/endless']) {
		const {socket} = talk(t, target.port, `GET ${path} HTTP/1.1\r\n${host}\r\n`);
		socket.pause();
	}

	await once(target.server, 'request');
	await target.isAlone();
	t.pass();
});

test('a flood of requests in one go is answered one by one', async t => {
	const target = await startServer(t);
	const {heard} = talk(t, target.port, `GET /fine/a HTTP/1.1\r\n${host}\r\n`.repeat(3000));
	await eventually('all are answered', () => whenTrue(heard().match(/HTTP\/1\.1 200 OK/g)?.length === 3000));
	t.deepEqual(target.faults(), []);
});

test('a connection the system has no room for does not end the daemon', async t => {
	const target = await startServer(t);
	for (let failed = 0; failed < 200; failed++) {
		target.server.emit('error', new Error('accept EMFILE'));
	}

	t.true(target.entries.length > 0 && target.entries.length < 100, 'it is told, but not for ever');
	t.is((await send(target, {path: '/fine/a'})).status, 200);
});

test('a header a handler made a mistake in is a fault of ours, and nothing worse', async t => {
	const target = await startServer(t, [
		fine,
		get('/bad', () => ({headers: {'X-Bad': 'two\r\nlines'}})),
		get('/loop', () => {
			const loop: Record<string, unknown> = {};
			loop['again'] = loop;
			return {body: loop};
		}),
	]);
	for (const path of ['/bad', '/loop']) {
		const answer = await send(target, {path});
		t.is(answer.status, 500);
		t.is(answer.json.code, 'SRV_001');
	}

	t.is((await send(target, {path: '/fine/a'})).status, 200);
});
