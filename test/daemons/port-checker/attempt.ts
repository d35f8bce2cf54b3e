import http from 'node:http';
import net from 'node:net';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {type AttemptOptions, attempt} from '../../../daemons/port-checker/attempt.js';
import {askApi, listenFirst} from '../../../daemons/port-checker/conversation.js';
import {portCheckGreeting, portErrors} from '../../../source/protocol/port-check.js';
import {eventually, whenTrue} from '../../support/waiting.js';
import {
	challenge,
	closedPort,
	deadPorts,
	proofOf,
	saySilence,
	startPeer,
	talkAsGolem,
	writeSlowly,
} from './_peers.js';

const host = '127.0.0.1';
const wrong = {accessible: false, error: 'Wrong answer', verified: false};

const tryOnce = (port: number, options: Partial<AttemptOptions> = {}) =>
	attempt(net.connect(port, host), {timeoutMs: 5000, signal: new AbortController().signal, ...options});

const listen = (port: number, timeoutMs = 5000) =>
	tryOnce(port, {timeoutMs, converse: listenFirst(challenge)});

const ask = (port: number, timeoutMs = 5000) =>
	tryOnce(port, {timeoutMs, converse: askApi(challenge, {host, port})});

async function startApi(t: ExecutionContext, answer: http.RequestListener): Promise<number> {
	const server = http.createServer(answer);
	const {port} = await startPeer(t, socket => server.emit('connection', socket));
	return port;
}

test('without a challenge an open connection is enough, and nothing is said', async t => {
	const peer = await startPeer(t, saySilence);
	t.deepEqual(await tryOnce(peer.port), {accessible: true, error: null});
	t.deepEqual(await tryOnce(await closedPort(t)), {accessible: false, error: 'Connection refused'});
	t.is(peer.heard(), '');
});

test('golem’s listener is given the challenge, and its answer is handed on', async t => {
	const peer = await startPeer(t, talkAsGolem);
	const proof = proofOf(challenge, peer.port);
	t.deepEqual(await listen(peer.port), {accessible: true, error: null, verified: true, proof});
	t.is(peer.heard(), `${challenge}\n`);
});

test('a listener whose words come byte by byte is understood', async t => {
	const peer = await startPeer(t, socket => talkAsGolem(socket, writeSlowly));
	t.is((await listen(peer.port)).proof, proofOf(challenge, peer.port));
	const ssh = await startPeer(t, socket => void writeSlowly(socket, 'SSH-2.0-OpenSSH_9.6\r\n'));
	t.is((await listen(ssh.port)).proof, null);
});

test('an SSH server is taken at its greeting, and told nothing', async t => {
	const peer = await startPeer(t, socket => socket.end('SSH-2.0-dropbear_2022.83\r\n'));
	t.deepEqual(await listen(peer.port), {accessible: true, error: null, verified: true, proof: null});
	t.is(peer.heard(), '');
});

test('whoever greets in another way, or not at all, is wrong and is told nothing', async t => {
	for (const [name, talk] of Object.entries<(socket: net.Socket) => void>({
		'a mail server': socket => socket.write('220 mail.example ESMTP\r\n'),
		'a web server that waits': saySilence,
		'one that hangs up': socket => socket.end(),
		'one that begins well': socket => socket.end('SSH'),
		'a greeting of another version': socket => socket.write(`${portCheckGreeting}0\n`),
		'a greeting with more behind it': socket => socket.write(`${portCheckGreeting}\n${'0'.repeat(64)}\n`),
		'no end of bytes': socket => {
			const more = () => {
				while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 'S'))) {}
			};
			socket.on('drain', more);
			more();
		},
	})) {
		const peer = await startPeer(t, talk);
		t.deepEqual(await listen(peer.port, 300), wrong, name);
		t.is(peer.heard(), '', name);
	}
});

test('a listener that greets well and answers badly is wrong', async t => {
	const proof = proofOf(challenge, 1);
	for (const answer of [
		'',
		'no\n',
		proof,
		`${proof.toUpperCase()}\n`,
		`${proof}0\n`,
		`${proof.slice(1)}\n`,
		` ${proof}\n`,
	]) {
		const peer = await startPeer(t, socket => {
			socket.write(`${portCheckGreeting}\n`);
			socket.once('data', () => socket.end(answer));
		});
		t.deepEqual(await listen(peer.port), wrong, JSON.stringify(answer));
	}
});

test('a listener that greets well and resets the connection is wrong', async t => {
	const peer = await startPeer(t, socket => {
		socket.write(`${portCheckGreeting}\n`);
		socket.once('data', () => socket.resetAndDestroy());
	});
	t.deepEqual(await listen(peer.port), wrong);
});

test('a port to which packets are lost times out, with a challenge or without', async t => {
	const [port = 0] = await deadPorts(t, 1);
	const error = 'Connection timed out';
	t.deepEqual(await tryOnce(port, {timeoutMs: 300}), {accessible: false, error});
	t.deepEqual(await listen(port, 300), {accessible: false, error, verified: false});
});

test('whatever the network says, the answer is one of a fixed set', async t => {
	for (const address of ['100::1', '255.255.255.255', 'fe80::1']) {
		const {error} = await attempt(net.connect(80, address), {
			timeoutMs: 200,
			signal: new AbortController().signal,
		});
		t.true(
			portErrors.some(known => known === error),
			`${address}: ${error}`,
		);
	}
});

test('no words of a stranger’s are verified, in whatever pieces they come', async t => {
	const word = fc.oneof(
		fc.constantFrom('SSH-', 'golem-port-check-v1', '\n', '\r\n', 'HTTP/1.1 200 OK', challenge),
		fc.string(),
	);
	await fc.assert(
		fc.asyncProperty(fc.array(word, {minLength: 1, maxLength: 5}), async words => {
			const peer = await startPeer(t, socket => {
				void writeSlowly(socket, words.join('')).then(() => socket.end());
			});
			const {verified, proof} = await listen(peer.port);
			t.is(verified, words.join('').startsWith('SSH-'), JSON.stringify(words));
			t.true(proof === undefined || proof === null);
		}),
		{numRuns: 60},
	);
});

test('the API is asked by HTTP, and the proof in its answer is handed on', async t => {
	const urls: unknown[] = [];
	const proof = proofOf(challenge, 1);
	for (const chunked of [false, true]) {
		const port = await startApi(t, ({method, url}, response) => {
			urls.push(`${method} ${url}`);
			response.setHeader('Content-Type', 'application/json');
			if (chunked) {
				response.write('{"proof":');
				response.end(`"${proof}","more":1}`);
			} else {
				response.end(JSON.stringify({proof}));
			}
		});
		t.deepEqual(await ask(port), {accessible: true, error: null, verified: true, proof});
	}

	t.deepEqual(new Set(urls), new Set([`GET /api/v1/port-check?challenge=${challenge}`]));
});

test('an API whose answer comes byte by byte, and ends with its connection, is understood', async t => {
	const proof = proofOf(challenge, 1);
	const peer = await startPeer(t, socket => {
		socket.once('data', () => {
			void writeSlowly(socket, `HTTP/1.0 200 OK\r\n\r\n{"proof":"${proof}"}`).then(() => socket.end());
		});
	});
	t.is((await ask(peer.port)).proof, proof);
});

test('an API that answers in any other way is wrong', async t => {
	const good = JSON.stringify({proof: proofOf(challenge, 1)});
	for (const [status, body] of [
		[404, good],
		[204, ''],
		[302, good],
		[200, '{"proof":"short"}'],
		[200, '{}'],
		[200, 'null'],
		[200, '<html>'],
		[200, good + ' '.repeat(20_000)],
	] as const) {
		const port = await startApi(t, (_, response) => {
			response.writeHead(status, {Location: '/elsewhere'});
			response.end(body);
		});
		t.deepEqual(await ask(port), wrong, `${status} ${body.slice(0, 50)}`);
	}
});

test('what is no HTTP, or never ends, is wrong too, and no more of it is read than a little', async t => {
	const endless = (text: string) => (socket: net.Socket) => {
		const more = () => {
			while (!socket.destroyed && socket.write(text.repeat(1000))) {}
		};
		socket.on('drain', more);
		more();
	};
	for (const [name, talk] of Object.entries<(socket: net.Socket) => void>({
		'an SSH server': socket => socket.write('SSH-2.0-OpenSSH_9.6\r\n'),
		'golem’s listener': talkAsGolem,
		silence: saySilence,
		'one that hangs up': socket => socket.end(),
		'half an answer': socket => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{'),
		'another protocol': socket =>
			socket.write('HTTP/1.1 101 Upgrade\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
		'endless interim answers': endless('HTTP/1.1 100 Continue\r\n\r\n'),
		'endless headers': socket => {
			socket.write('HTTP/1.1 200 OK\r\n');
			endless('A: b\r\n')(socket);
		},
		'an endless body': socket => {
			socket.write('HTTP/1.1 200 OK\r\n\r\n');
			endless(' ')(socket);
		},
	})) {
		const peer = await startPeer(t, talk);
		t.deepEqual(await ask(peer.port, 400), wrong, name);
	}

	const flood = await startPeer(t, endless('HTTP/1.1 102 Processing\r\n\r\n'));
	const socket = net.connect(flood.port, host);
	await attempt(socket, {
		timeoutMs: 60_000,
		signal: new AbortController().signal,
		converse: askApi(challenge, {host, port: flood.port}),
	});
	t.true(socket.bytesRead < 200_000, String(socket.bytesRead));
});

test('an abort ends a try at once, whatever it waits for', async t => {
	const [dead = 0] = await deadPorts(t, 1);
	const silent = await startPeer(t, saySilence);
	for (const port of [dead, silent.port]) {
		for (const converse of [listenFirst(challenge), askApi(challenge, {host, port})]) {
			const aborting = new AbortController();
			const socket = net.connect(port, host);
			const trying = attempt(socket, {timeoutMs: 600_000, signal: aborting.signal, converse});
			if (port === silent.port) {
				await eventually('it is connected', () => whenTrue(!socket.connecting));
			}

			aborting.abort();
			t.false((await trying).accessible);
			t.true(socket.destroyed);
		}
	}

	t.false((await tryOnce(silent.port, {signal: AbortSignal.abort()})).accessible);
});

test('a lack of sockets on this side says nothing of the port', async t => {
	const socket = new net.Socket();
	const trying = attempt(socket, {timeoutMs: 5000, signal: new AbortController().signal});
	socket.destroy(Object.assign(new Error('too many open files'), {code: 'EMFILE'}));
	await t.throwsAsync(trying, {code: 'SRV_002'});
});
