import {spawn} from 'node:child_process';
import {randomBytes, randomInt} from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import test from 'ava';
import {execa} from 'execa';
import {type Network, startNetwork} from '../support/network.js';
import {eventually} from '../support/waiting.js';

/*
What a guest reaches of the world, with a world made for it: a network namespace beside this machine, with one address
of the internet (from a range for documentation, so nobody's) and one of a private network.
*/
const isRoot = process.getuid?.() === 0;
const name = `golem-${randomBytes(3).toString('hex')}`;
// Another run on this machine has other networks, most likely.
const internet = 4 * randomInt(64);
const [outside, host] = [`198.51.100.${internet + 2}`, `198.51.100.${internet + 1}`];
const home = `10.99.${randomInt(256)}`;
const [neighbour, hostAtHome] = [`${home}.2`, `${home}.1`];
const port = randomInt(20_000, 30_000);
const server = `require('http').createServer((_, answer) => answer.end('from outside')).listen(${port})`;

let network: Network;
let stopWorld = async () => {};

test.before(async t => {
	t.timeout(180_000);
	// So that all that the provider listens on is there at each of the machine's addresses.
	network = await startNetwork({GOLEM_PROVIDER_HOST: '0.0.0.0'});
	if (isRoot) {
		stopWorld = await startWorld();
	}

	const {exitCode, stderr} = await network.requestor.golem(['vm', 'create', 'web', '--json']);
	t.is(exitCode, 0, stderr);
});

test.after.always(async () => {
	await network?.tearDown();
	await stopWorld();
});

/** What a web server at that address says to the guest; undefined where there is no way. */
async function fetchFromGuest(address: string, at = port): Promise<string | undefined> {
	const {exitCode, stdout} = await network.requestor.golem([
		...['vm', 'ssh', 'web', '--'],
		...['timeout', '8', 'wget', '-q', '-O', '-', `http://${address}:${at}/`],
	]);
	return exitCode === 0 ? stdout.trim() : undefined;
}

test('a guest has the internet where its provider can hold it to that, and otherwise nothing', async t => {
	t.timeout(60_000);
	t.is(await fetchFromGuest(outside), isRoot ? 'from outside' : undefined);
});

test('a guest does not reach the private networks of its provider’s machine', async t => {
	t.timeout(60_000);
	if (isRoot) {
		// The machine itself does.
		t.is(await (await fetch(`http://${neighbour}:${port}/`)).text(), 'from outside');
	}

	t.is(await fetchFromGuest(neighbour), undefined);
});

test('a guest does not reach its provider’s machine by any of its addresses', async t => {
	t.timeout(120_000);
	let visits = 0;
	const listener = http.createServer((_request, answer) => {
		visits += 1;
		answer.end('from the host');
	});
	await new Promise<void>(resolve => {
		listener.listen(0, '0.0.0.0', resolve);
	});
	const address = listener.address();
	const at = typeof address === 'object' && address ? address.port : 0;
	t.is(await (await fetch(`http://127.0.0.1:${at}/`)).text(), 'from the host');
	const candidates = ['10.0.2.2', '10.77.0.1', '10.77.0.53', host, hostAtHome];
	t.deepEqual(await connectFromGuest(candidates.map(candidate => `${candidate} ${at}`)), []);
	t.is(visits, 1);
	listener.close();
});

test('a guest reaches neither its neighbours nor anything its provider listens on', async t => {
	t.timeout(180_000);
	const {exitCode, stderr, json} = await network.requestor.golem(['vm', 'create', 'next', '--json']);
	t.is(exitCode, 0, stderr);
	const ports = [json.ssh_port, network.provider.port];
	for (const at of ports) {
		t.true(await canConnect(isRoot ? host : '127.0.0.1', at), `from the machine itself ${at} can be reached`);
	}

	const addresses = ['127.0.0.1', '10.0.2.2', '10.77.0.1', '10.77.0.3', host, hostAtHome];
	const targets = addresses.flatMap(address => ports.map(at => `${address} ${at}`));
	t.deepEqual(
		await connectFromGuest([...targets, `${outside} ${port}`]),
		isRoot ? [`${outside} ${port}`] : [],
	);
});

/** Those of the targets (address, space, port) that take a connection from the guest. */
async function connectFromGuest(targets: string[]): Promise<string[]> {
	const attempts = targets.map(target => `(echo | timeout 8 nc ${target} >/dev/null && echo ${target}) &`);
	const {stdout} = await network.requestor.golem([
		...['vm', 'ssh', 'web', '--'],
		...['sh', '-c', `${attempts.join(' ')} wait`],
	]);
	return stdout.split('\n').filter(Boolean);
}

async function canConnect(address: string, at: number): Promise<boolean> {
	const socket = net.connect(at, address);
	const isOpen = await new Promise<boolean>(resolve => {
		socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
	});
	socket.destroy();
	return isOpen;
}

/** The namespace, a link to it, and a web server in it. @returns how to take it away */
async function startWorld(): Promise<() => Promise<void>> {
	const ip = (...args: string[]) => execa('ip', args);
	const link = `${name.slice(0, 12)}v`;
	await ip('netns', 'add', name);
	await ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
	for (const address of [host, hostAtHome]) {
		await ip('address', 'add', `${address}/30`, 'dev', link);
	}

	await ip('link', 'set', link, 'up');
	for (const address of [outside, neighbour]) {
		await ip('-n', name, 'address', 'add', `${address}/30`, 'dev', 'eth0');
	}

	await ip('-n', name, 'link', 'set', 'eth0', 'up');
	const child = spawn('ip', ['netns', 'exec', name, process.execPath, '-e', server], {stdio: 'ignore'});
	await eventually('the web server outside answers', () =>
		fetch(`http://${outside}:${port}/`).then(
			({ok}) => ok || undefined,
			() => undefined,
		),
	);
	return async () => {
		child.kill('SIGKILL');
		await ip('netns', 'delete', name);
	};
}
