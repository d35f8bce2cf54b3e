import os from 'node:os';
import {createPortWorld, type PortWorld} from '../support/port-world.js';
import {startStrangers, startWorldChecker, startWorldProvider} from '../support/port-world-daemons.js';
import type {Machine} from '../support/port-world-machines.js';

/*
Measures how long a provider's ports take to be verified from outside, beside what bare Node needs for as many
connections on the same ways, in a little internet of network namespaces: `npm run bench`. It prints; it judges nothing.
Needs root.
*/
const rounds = 5;
const deadRounds = 2;
/** In a round: few enough that the system does not run out of ports for connections. */
const answers = 1000;
const atOnce = 16;
const apiPort = 7466;
const tryTimeoutSeconds = 5;
const portsFrom = (start: number, count: number) => Array.from({length: count}, (_, index) => start + index);
const range = portsFrom(20_800, 100);
const plain = portsFrom(21_800, 100);
const many = portsFrom(22_800, 1024);

/** Connects to all ports at once and waits for a line from each, round after round. @returns milliseconds, as JSON */
const connectProgram = `
const net = require('node:net');
const [host, ports, rounds] = JSON.parse(process.argv[1]);
const visit = port => new Promise((resolve, reject) => {
	net.connect(port, host).once('error', reject).once('data', function () { this.destroy(); resolve(); });
});
(async () => {
	const times = [];
	for (let round = 0; round < rounds; round++) {
		const began = performance.now();
		await Promise.all(ports.map(visit));
		times.push(performance.now() - began);
	}
	console.log('times ' + JSON.stringify(times) + '.');
})();`;

/** The least that a port checker can be: one connection for each request. */
const bareCheckerProgram = `
const http = require('node:http');
const net = require('node:net');
const [port] = JSON.parse(process.argv[1]);
http.createServer((request, response) => {
	let text = '';
	request.on('data', chunk => { text += chunk; });
	request.on('end', () => {
		const {provider_ip, ports} = JSON.parse(text);
		const socket = net.connect(ports[0], provider_ip);
		const answer = accessible => { socket.destroy(); response.end(JSON.stringify({accessible})); };
		socket.once('connect', () => answer(true)).once('error', () => answer(false));
	});
}).listen(port, () => console.log('listens'));`;

/** Posts the same body again and again over a few connections. @returns seconds, as JSON */
const loadProgram = `
const http = require('node:http');
const [url, body, count, atOnce] = JSON.parse(process.argv[1]);
const agent = new http.Agent({keepAlive: true, maxSockets: atOnce});
const headers = {'content-type': 'application/json', 'content-length': Buffer.byteLength(body)};
const ask = () => new Promise((resolve, reject) => {
	http.request(url, {method: 'POST', agent, headers}, response => {
		if (response.statusCode !== 200) reject(new Error('It answered ' + response.statusCode));
		response.resume().once('end', resolve);
	}).once('error', reject).end(body);
});
let left = count;
const began = performance.now();
Promise.all(Array.from({length: atOnce}, async () => { while (left-- > 0) await ask(); })).then(() => {
	console.log('times ' + JSON.stringify([(performance.now() - began) / 1000]) + '.');
	agent.destroy();
});`;

print('machine', `${os.cpus()[0]?.model.trim()} × ${os.availableParallelism()}, node ${process.version}`);
if (process.getuid?.() === 0) {
	const world = await createPortWorld();
	try {
		await benchProvider(world);
		await benchChecker(world);
	} finally {
		await world.tearDown();
	}
} else {
	print('port verification', 'not measured: it takes root to make network namespaces');
}

/** All ports of a usual provider, good and dead. */
async function benchProvider(world: PortWorld): Promise<void> {
	const {router, home} = world.addresses;
	const {url} = await startWorldChecker(world, 'checker-1', {
		environment: {PORT_CHECKER_RATE_LIMIT_PER_MINUTE: '1000000', PORT_CHECK_TIMEOUT: `${tryTimeoutSeconds}`},
	});
	await startStrangers(world, 'home', Object.fromEntries(plain.map(port => [port, 'line-back'])));
	await world.route({forward: [{ports: [apiPort, ...range, ...plain], to: home}], drop: many});
	const provider = await startWorldProvider(world, 'provider', {
		GOLEM_PROVIDER_PORT: String(apiPort),
		GOLEM_PROVIDER_PORT_RANGE_START: String(range[0]),
		GOLEM_PROVIDER_PORT_RANGE_END: String((range.at(-1) ?? 0) + 1),
		GOLEM_PROVIDER_PORT_CHECK_SERVERS: url,
		GOLEM_PROVIDER_DISCOVERY_URL: `http://${world.addresses['checker-2']}:9001`,
	});
	await provider.report(60_000);

	/** From the request to the end of the verification. */
	const verify = async (expected: string): Promise<number> => {
		const askedAt = Date.now();
		const {ports, verification} = await provider.verify(120_000);
		const fitting = ports.filter(({state}) => state === expected).length;
		if (fitting !== ports.length) {
			throw new Error(`${fitting} of ${ports.length} ports were ${expected}.`);
		}

		return Date.parse(verification.finished_at ?? '') - askedAt;
	};

	const good: number[] = [];
	for (let round = 0; round < rounds; round++) {
		good.push(await verify('verified'));
	}

	const baseline = await runOn(world, 'checker-1', connectProgram, [router, plain, rounds]);
	const [goodMs, baselineMs] = [median(good), median(baseline)];
	print('100 good ports', `${(goodMs / 1000).toFixed(2)} s (${spread(good)}); aim: below 2 s`);
	print('100 bare connections', `${(baselineMs / 1000).toFixed(3)} s (${spread(baseline)})`);
	print('ratio', (goodMs / baselineMs).toFixed(1));

	await world.route({forward: [{ports: [apiPort, ...plain], to: home}], drop: [...range, ...many]});
	const dead: number[] = [];
	for (let round = 0; round < deadRounds; round++) {
		dead.push(await verify('unreachable'));
	}

	const deadSeconds = median(dead) / 1000;
	print('100 dropped ports', `${deadSeconds.toFixed(2)} s (${spread(dead)}); aim: below 20 s`);
	print('ratio to one try', `${(deadSeconds / tryTimeoutSeconds).toFixed(2)} × ${tryTimeoutSeconds} s`);
	await provider.remove();
}

/** The port checker by itself. */
async function benchChecker(world: PortWorld): Promise<void> {
	const {router, 'checker-1': checker} = world.addresses;
	const url = `http://${checker}:9000/check-ports`;
	const began = performance.now();
	const [answer] = await world.post('home', url, [{provider_ip: router, ports: many}]);
	const results: Record<string, {accessible: boolean}> = JSON.parse(answer?.body ?? '{}').results ?? {};
	const closed = Object.values(results).filter(({accessible}) => !accessible).length;
	const tookSeconds = (performance.now() - began) / 1000;
	print('1024 dropped ports', `${tookSeconds.toFixed(2)} s, ${closed} found closed; aim: below 20 s`);

	const bare = world.start('checker-1', ['-e', bareCheckerProgram, JSON.stringify([9200])]);
	await bare.printed('listens');
	const body = JSON.stringify({provider_ip: router, ports: plain.slice(0, 1)});
	const perSecond = new Map<string, number[]>();
	for (let round = 0; round < rounds; round++) {
		for (const to of [`http://${checker}:9200/`, url]) {
			const [seconds = Number.NaN] = await runOn(world, 'home', loadProgram, [to, body, answers, atOnce]);
			perSecond.set(to, [...(perSecond.get(to) ?? []), answers / seconds]);
		}
	}

	const [bareRate = Number.NaN, rate = Number.NaN] = [...perSecond.values()].map(median);
	print('port checker', `${rate.toFixed(0)} answers/s for one port each`);
	print('bare node:http', `${bareRate.toFixed(0)} answers/s`);
	print('ratio', (rate / bareRate).toFixed(2));
}

/** Runs a program to its end. @returns the figures it tells */
async function runOn(
	world: PortWorld,
	machine: Machine,
	program: string,
	argument: unknown,
): Promise<number[]> {
	const running = world.start(machine, ['-e', program, JSON.stringify(argument)]);
	await running.printed('].', 60_000);
	return JSON.parse(/times (.*)\./.exec(running.stdout())?.[1] ?? '[]');
}

function median(values: readonly number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function spread(values: readonly number[]): string {
	const [least, most] = [Math.min(...values) / 1000, Math.max(...values) / 1000];
	return `${least.toFixed(3)}–${most.toFixed(3)} in ${values.length} rounds`;
}

function print(name: string, value: string): void {
	process.stdout.write(`${name.padEnd(26)}${value}\n`);
}
