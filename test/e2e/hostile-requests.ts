import {randomInt} from 'node:crypto';
import {once} from 'node:events';
import fs from 'node:fs/promises';
import net from 'node:net';
import test from 'ava';
import {createIdentity, createPrivateKey} from '../../source/protocol/identity.js';
import {signRequest} from '../../source/protocol/signed-request.js';
import {send} from '../support/http.js';
import {type Network, startNetwork} from '../support/network.js';
import {createRandom, type Random} from '../support/random.js';
import {eventually, whenTrue} from '../support/waiting.js';

/*
A provider under a hundred thousand requests that no honest program sends. `HOSTILE_SEED` repeats those of an earlier run.
*/
const seed = Number(process.env['HOSTILE_SEED'] ?? randomInt(2 ** 31));
const requestsInAll = 100_000;
const requestsToWarmUp = 25_000;
const requestsPerConnection = 50;
const connectionsAtOnce = 24;
/** What a heap that is collected when it likes may differ by; a leak of half a kilobyte a request is more. */
const toleratedGrowth = 40 * 1024 * 1024;

let network: Network;

test.before(async () => {
	network = await startNetwork({GOLEM_PROVIDER_RATE_LIMIT_PER_MINUTE: '1000000'});
});

test.after.always(async () => {
	await network?.tearDown();
});

const oddTexts = [
	'',
	'\0',
	'\u2028',
	'../../etc/passwd',
	"' OR 1=1 --",
	'{{7*7}}',
	'ö'.repeat(50),
	'-1',
	'a'.repeat(5000),
];
const oddKeys = [
	'__proto__',
	'constructor',
	'toString',
	'name',
	'resources',
	'ssh_key',
	'size',
	'image',
	'cpu_cores',
	'',
];
const oddNumbers = ['-1', '0', '1e999', '1.5', '9007199254740993', '-0', '00'];

/** A text that is nearly JSON, or JSON that is nearly a VM. */
function makeJson(random: Random, depth = 0): string {
	const kind = random.below(depth > 4 ? 4 : 7);
	if (kind === 0) {
		return random.pick(['null', 'true', 'undefined', 'NaN', '{', ']', '"', '']);
	}

	if (kind === 1) {
		return random.pick(oddNumbers);
	}

	if (kind < 4) {
		return JSON.stringify(random.pick(oddTexts));
	}

	const items = Array.from({length: random.below(5)}, () => makeJson(random, depth + 1));
	return kind === 4
		? `[${items.join(',')}]`
		: `{${items.map(item => `${JSON.stringify(random.pick(oddKeys))}:${item}`).join(',')}}`;
}

function makeBody(random: Random): Buffer {
	switch (random.below(10)) {
		case 0:
			return random.bytes(random.below(200));
		case 1:
			return Buffer.from('['.repeat(10_000));
		case 2:
			return Buffer.from(`{"name":"vm","x":${'[1,'.repeat(3000)}1${']'.repeat(3000)}}`);
		case 3:
			return Buffer.from(JSON.stringify({name: 'web', ssh_key: random.hex(3000), resources: {cpu: {}}}));
		default:
			return Buffer.from(makeJson(random));
	}
}

/** Few enough that not each of them is somebody new to the provider. */
const claimedIds = Array.from({length: 50}, (_, index) => `0x${index.toString(16).padStart(40, '0')}`);

function makeSignature(random: Random): string[] {
	if (random.chance(40)) {
		return [];
	}

	// Checking one that could be right takes a millisecond, so most are seen to be wrong before.
	const isNearlyRight = random.chance(5);
	return [
		`X-Requestor-ID: ${isNearlyRight || random.chance(60) ? random.pick(claimedIds) : random.pick(['', '0x', 'me', random.hex(40)])}`,
		`X-Requestor-Timestamp: ${isNearlyRight ? new Date().toISOString() : random.pick(['', 'now', '0', '1970-01-01T00:00:00Z', '2999-12-31T23:59:60Z'])}`,
		`X-Requestor-Signature: ${isNearlyRight ? `0x${random.hex(128)}${random.pick(['1b', '1c', '00', 'ff'])}` : random.pick(['0x', random.hex(130), 'signature'])}`,
	];
}

const methods = [
	'GET',
	'GET',
	'GET',
	'POST',
	'POST',
	'POST',
	'POST',
	'DELETE',
	'DELETE',
	'PUT',
	'OPTIONS',
	'HEAD',
	'PROPFIND',
];
const segments = [
	'%E0%A4%A',
	'%00',
	'..',
	'__proto__',
	'constructor',
	'%2e%2e%2f',
	'web',
	':vm',
	'',
	'%F0%9F%92%A9',
];
const queries = [
	'',
	'?async=perhaps',
	'?async=true&async=false',
	'?__proto__[x]=1',
	'?%E0%A4%A',
	'?&&&==',
	'?async[]=1',
];

function makePath(random: Random): string {
	const segment = random.pick(segments);
	const path = random.pick([
		'/api/v1/vms',
		'/api/v1/vms',
		'/api/v1/vms',
		'/api/v1/vms',
		`/api/v1/vms/${segment}`,
		`/api/v1/vms/${segment}/${random.pick(['start', 'stop', 'access', 'events', 'keys', segment])}`,
		`/api/v1/vms/jobs/${segment}`,
		`/${segment}`,
		'/'.repeat(1 + random.below(500)),
		'*',
		`http://elsewhere/api/v1/vms/${segment}`,
		`/${random.hex(random.below(6000))}`,
	]);
	return `${path}${path === '*' ? '' : random.pick(queries)}`;
}

/** Somebody who has every right to ask, and asks for nonsense. */
const oddRequestor = createIdentity('22'.repeat(32));

/** A request with something wrong about it, after which its connection can go on. */
function makeRequest(random: Random, audience: string): Buffer {
	const body = random.chance(50) ? makeBody(random) : undefined;
	const method = random.pick(methods);
	const path = makePath(random);
	const isSigned = random.chance(3);
	const headers = [
		'Host: provider',
		...(random.chance(10) ? ['Host: another', 'Connection: keep-alive', 'Accept: a', 'Accept: b'] : []),
		...(random.chance(10)
			? [`X-Forwarded-For: ${random.pick(oddTexts.slice(3, 6))}`, 'Forwarded: for=_']
			: []),
		...(random.chance(10) ? [`Idempotency-Key: ${random.pick(['', 'x'.repeat(4000), '\u00ff'])}`] : []),
		...(body || random.chance(20)
			? [
					`Content-Type: ${random.pick(['application/json', 'application/json', 'text/plain', 'application/json;;', ''])}`,
				]
			: []),
		...(isSigned
			? Object.entries(
					signRequest(oddRequestor, 'Requestor', {
						method,
						path,
						audience,
						timestamp: new Date().toISOString(),
						body: body ?? '',
					}),
				).map(([name, value]) => `${name}: ${value}`)
			: makeSignature(random)),
	];
	const isChunked = body !== undefined && random.chance(30);
	const framing =
		body === undefined ? [] : [isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`];
	const head = [`${method} ${path} HTTP/1.1`, ...headers, ...framing, '', ''].join('\r\n');
	const chunks =
		isChunked && body.length > 0 ? [`${body.length.toString(16)}\r\n`, body, '\r\n0\r\n\r\n'] : ['0\r\n\r\n'];
	return Buffer.concat([head, ...(isChunked ? chunks : [body ?? ''])].map(part => Buffer.from(part)));
}

/** The last of its connection, one way or the other. */
function makeLastRequest(random: Random): Buffer {
	const post = 'POST /api/v1/vms HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
	return random.pick([
		random.bytes(1 + random.below(300)),
		Buffer.from('16030100a5010000a10303', 'hex'),
		Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
		Buffer.from(`GET /health HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`),
		Buffer.from(`${post}Content-Length: 10\r\nContent-Length: 11\r\n\r\n{}`),
		Buffer.from(`${post}Content-Length: 10\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
		Buffer.from(`${post}Transfer-Encoding: chunked\r\n\r\n5\r\n{"nam\r\nzz\r\n`),
		Buffer.from(`${post}Content-Length: 1000000\r\n\r\n${'x'.repeat(1000)}`),
		Buffer.from(`${post}Transfer-Encoding: chunked\r\n\r\n${`1000\r\n${'x'.repeat(4096)}\r\n`.repeat(17)}`),
		Buffer.from(`${post}Content-Length: 100\r\n\r\n{"name":`),
		Buffer.from('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'),
		Buffer.from('GET /health HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\nConnection: close\r\n\r\n'),
		Buffer.from('GET /health HTTP/1.0\r\n\r\n'),
		Buffer.from('GET /health HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
	]);
}

/** Statuses of answers, and how often each came. */
type Tally = Map<number, number>;

/**
Sends requests in one go, and hangs up once everything is answered, the server has hung up, or silence says that it waits
for more.
*/
async function talk({port, id}: {port: number; id: string}, random: Random, tally: Tally): Promise<void> {
	const requests = [
		...Array.from({length: requestsPerConnection - 1}, () => makeRequest(random, id)),
		makeLastRequest(random),
	];
	const socket = net.connect({port, host: '127.0.0.1', allowHalfOpen: random.chance(30)});
	let tail = '';
	let answers = 0;
	socket.setEncoding('latin1');
	socket.on('error', () => {});
	const isOver = new Promise<void>(resolve => {
		socket.once('close', () => resolve());
		socket.once('end', () => resolve());
		socket.setTimeout(500, resolve);
		socket.on('data', (text: string) => {
			const heard = tail + text;
			for (const [, status] of heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
				answers += 1;
				tally.set(Number(status), (tally.get(Number(status)) ?? 0) + 1);
			}

			// No answer is counted twice, and one that comes in two pieces is.
			tail = /H(?:T(?:T(?:P(?:\/[\d.]{0,3} ?\d{0,3})?)?)?)?$/.exec(heard)?.[0] ?? '';
			if (answers >= requests.length) {
				resolve();
			}
		});
	});
	await once(socket, 'connect').catch(() => {});
	socket.write(Buffer.concat(requests));
	if (random.chance(20)) {
		socket.end();
	}

	await isOver;
	socket.destroy();
}

/** Connections that keep the other side waiting: silent ones, half a request, or one byte at a time. */
function openIdlers(port: number) {
	const beginnings = [
		'',
		'GET /health HTTP/1.1\r\nHost: a\r\n',
		'POST /api/v1/vms HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{',
	];
	const idlers = Array.from({length: 150}, (_, index) => {
		const socket = net.connect({port, host: '127.0.0.1', allowHalfOpen: index % 2 === 0});
		let isOver = false;
		const end = () => {
			isOver = true;
			socket.destroy();
		};
		socket.on('error', end).on('end', end).on('close', end).resume();
		socket.write(beginnings[index % beginnings.length] ?? '');
		return {socket, isOver: () => isOver, isSlow: index % 5 === 0};
	});
	const timer = setInterval(() => {
		for (const {socket, isOver, isSlow} of idlers) {
			if (isSlow && !isOver()) {
				socket.write('x');
			}
		}
	}, 250);
	return {
		open: () => idlers.filter(({isOver}) => !isOver()).length,
		close() {
			clearInterval(timer);
			for (const {socket} of idlers) {
				socket.destroy();
			}
		},
	};
}

async function residentBytes(pid: number): Promise<number> {
	const status = await fs.readFile(`/proc/${pid}/status`, 'utf8');
	return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

test('a hundred thousand malformed requests get no 5xx, no memory, and in nobody’s way', async t => {
	t.timeout(240_000);
	t.log(`HOSTILE_SEED=${seed}`);
	const {provider} = network;
	const {pid} = await provider.control.status();
	const target = {url: `http://127.0.0.1:${provider.port}`};
	const idlers = openIdlers(provider.port);
	t.teardown(() => idlers.close());
	const tally: Tally = new Map();
	let begun = 0;
	let honest = 0;

	const ask = async () => {
		// The same person twice in the same millisecond would be the same request twice.
		t.deepEqual(await provider.as(createIdentity(createPrivateKey())).list(), []);
		const health = await send(target, {path: '/health'});
		t.is(health.status, 200, health.text);
		honest += 1;
	};
	const worker = async (until: number) => {
		while (begun < until) {
			begun += requestsPerConnection;
			await talk(provider, createRandom(seed + begun), tally);
			if (begun % 1000 === 0) {
				await ask();
			}
		}
	};
	const flood = async (until: number) => {
		await Promise.all(Array.from({length: connectionsAtOnce}, () => worker(until)));
	};

	await flood(requestsToWarmUp);
	const before = await residentBytes(pid);
	await flood(requestsInAll);
	const after = await residentBytes(pid);
	const statuses = Object.fromEntries([...tally].sort(([a], [b]) => a - b));
	t.log(JSON.stringify(statuses), `${honest} honest requests of each kind`);
	t.log(`${Math.round(before / 1024 ** 2)} MB, then ${Math.round(after / 1024 ** 2)} MB`);

	await ask();
	t.deepEqual(
		Object.keys(statuses).filter(status => Number(status) >= 500),
		[],
	);
	const answers = [...tally.values()].reduce((sum, count) => sum + count, 0);
	t.true(answers > requestsInAll / 2, 'most of them got as far as being answered');
	t.true(honest >= 10);
	t.true(after - before < toleratedGrowth);
	await eventually(
		'those that only keep a line open are hung up on',
		() => whenTrue(idlers.open() === 0),
		60_000,
	);
	t.is((await provider.control.status()).pid, pid, 'it is the same process that answers');
	const log = await fs.readFile(provider.paths.daemonLog('provider'), 'utf8');
	t.notRegex(log, /fault of ours|could not answer/);
});
