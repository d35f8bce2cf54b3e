import {once} from 'node:events';
import http from 'node:http';
import net, {type AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {createPorts} from '../../../daemons/provider/ports.js';
import {createTestLog} from '../../support/log.js';
import {canListen, freePortRange} from '../../support/network.js';
import {eventually, whenTrue} from '../../support/waiting.js';

/*
The port checkers are stand-ins: real HTTP servers that answer as the contract says, or as it does not. Whether a port
can be reached is really tried by the one that says the truth.
*/

type CheckBody = {provider_ip: string; ports: number[]};
type Checker = (body: CheckBody, response: http.ServerResponse) => void | Promise<void>;

async function checker(t: ExecutionContext, answer: Checker) {
	const requests: CheckBody[] = [];
	const server = http.createServer((request, response) => {
		let text = '';
		request.setEncoding('utf8').on('data', chunk => {
			text += chunk;
		});
		request.on('end', async () => {
			const body: CheckBody = JSON.parse(text);
			requests.push(body);
			await answer(body, response);
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	return {url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests};
}

/** An answer as the contract has it, with these ports open. */
function verdict(body: CheckBody, response: http.ServerResponse, isOpen: (port: number) => boolean): void {
	const results = Object.fromEntries(
		body.ports.map(port => [
			String(port),
			isOpen(port) ? {accessible: true, error: null} : {accessible: false, error: 'Connection refused'},
		]),
	);
	response
		.writeHead(200, {'Content-Type': 'application/json'})
		.end(JSON.stringify({success: true, results, message: 'checked'}));
}

const truthful: Checker = async (body, response) => {
	const open = await Promise.all(
		body.ports.map(async port => {
			const socket = net.connect(port, body.provider_ip);
			const isOpen = await new Promise<boolean>(resolve => {
				socket.once('connect', () => resolve(true));
				socket.once('error', () => resolve(false));
			});
			socket.destroy();
			return isOpen ? port : 0;
		}),
	);
	verdict(body, response, port => open.includes(port));
};
const says =
	(isOpen: (port: number) => boolean): Checker =>
	(body, response) =>
		verdict(body, response, isOpen);
/** Answers when it is told to. */
function slow() {
	let answer = () => {};
	const told = new Promise<void>(resolve => {
		answer = resolve;
	});
	let hasBeenAsked = false;
	const ask: Checker = async (body, response) => {
		hasBeenAsked = true;
		await told;
		await truthful(body, response);
	};
	return {ask, answer: () => answer(), hasBeenAsked: () => hasBeenAsked};
}
const garbage: Checker = (_body, response) => {
	response.writeHead(200, {'Content-Type': 'application/json'}).end('{"results": "all of them"}');
};
const broken: Checker = (_body, response) => {
	response.writeHead(500).end('no');
};
const rude: Checker = (_body, response) => {
	response.socket?.destroy();
};

async function portsWith(
	t: ExecutionContext,
	checkers: Checker[],
	options: {skipVerification?: boolean; size?: number} = {},
) {
	const servers = await Promise.all(checkers.map(answer => checker(t, answer)));
	const {start, end} = await freePortRange(options.size ?? 4);
	const numbers = Array.from({length: end - start}, (_, index) => start + index);
	const {log, entries} = createTestLog();
	let changes = 0;
	const ports = createPorts({
		host: '127.0.0.1',
		ports: numbers,
		servers: servers.map(({url}) => url),
		skipVerification: options.skipVerification ?? false,
		log,
		onChange() {
			changes += 1;
		},
	});
	return {
		ports,
		numbers,
		servers,
		entries,
		changes: () => changes,
		verify: (inUse = new Map<number, string>()) =>
			ports.verify('127.0.0.1', () => inUse, AbortSignal.timeout(30_000)),
	};
}

const statesOf = (ports: ReturnType<typeof createPorts>) => ports.statuses().map(({state}) => state);

test('before the first check no port is known, and none is handed out', async t => {
	const {ports} = await portsWith(t, [truthful]);
	t.deepEqual(statesOf(ports), ['unknown', 'unknown', 'unknown', 'unknown']);
	t.deepEqual(ports.verified(), []);
});

test('every port is open while it is tried from outside, and closed after', async t => {
	const {ports, numbers, verify, servers, changes} = await portsWith(t, [truthful]);
	await verify();
	t.deepEqual(ports.verified(), numbers);
	t.deepEqual(servers[0]?.requests, [{provider_ip: '127.0.0.1', ports: numbers}]);
	t.true(changes() > 0);
	t.deepEqual(
		await Promise.all(numbers.map(canListen)),
		numbers.map(() => true),
	);
});

test('a port that another program has is not even asked about', async t => {
	const {ports, numbers, verify, servers} = await portsWith(t, [says(() => true)]);
	const [first = 0, ...others] = numbers;
	const other = net.createServer().listen(first, '127.0.0.1');
	await once(other, 'listening');
	t.teardown(() => other.close());
	await verify();
	t.deepEqual(ports.verified(), others);
	t.is(statesOf(ports)[0], 'occupied');
	t.deepEqual(servers[0]?.requests[0]?.ports, others);
});

test('what the checker cannot reach is not handed out, with its reason', async t => {
	const {ports, numbers, verify} = await portsWith(t, [says(port => port % 2 === 0)]);
	await verify();
	t.deepEqual(
		ports.verified(),
		numbers.filter(port => port % 2 === 0),
	);
	const closed = ports.statuses().filter(({port}) => port % 2 === 1);
	t.true(closed.every(({state, reason}) => state === 'unreachable' && reason === 'Connection refused'));
});

test('two checkers of three decide, and the third cannot keep a port or give one away', async t => {
	const {ports, numbers, verify} = await portsWith(t, [
		says(() => true),
		says(port => port === 0),
		says(port => port % 2 === 0),
	]);
	await verify();
	t.deepEqual(
		ports.verified(),
		numbers.filter(port => port % 2 === 0),
	);
	t.deepEqual(
		statesOf(ports),
		numbers.map(port => (port % 2 === 0 ? 'verified' : 'disputed')),
	);
});

test('two checkers that disagree leave a port disputed, which is not verified', async t => {
	const {ports, verify} = await portsWith(t, [says(() => true), says(() => false)]);
	await verify();
	t.deepEqual(ports.verified(), []);
	t.true(statesOf(ports).every(state => state === 'disputed'));
});

for (const [name, bad] of Object.entries({garbage, broken, rude})) {
	test(`a checker that answers with nonsense (${name}) has no vote`, async t => {
		const {ports, numbers, verify, entries} = await portsWith(t, [bad, truthful]);
		await verify();
		t.deepEqual(ports.verified(), numbers);
		t.true(entries.some(({msg}) => msg === 'a port checker did not answer'));
	});

	test(`where every checker answers with nonsense (${name}), nothing is verified`, async t => {
		const {ports, verify} = await portsWith(t, [bad, bad]);
		await verify();
		t.deepEqual(ports.verified(), []);
		t.true(statesOf(ports).every(state => state === 'unknown'));
	});
}

test('a checker that says nothing about a port has no vote on it, and ports nobody asked about do not count', async t => {
	const {ports, numbers, verify} = await portsWith(t, [
		(body, response) =>
			verdict({...body, ports: body.ports.slice(1).concat(1, 65_000)}, response, () => true),
	]);
	await verify();
	t.deepEqual(ports.verified(), numbers.slice(1));
	t.is(ports.statuses().length, numbers.length);
	t.is(statesOf(ports)[0], 'unknown');
});

test('a checker that is silent has no vote, and is not waited for longer than it may take', async t => {
	t.timeout(60_000);
	const {ports, numbers, verify} = await portsWith(t, [() => {}, truthful]);
	const startedAt = performance.now();
	await verify();
	t.deepEqual(ports.verified(), numbers);
	t.true(performance.now() - startedAt < 30_000);
});

test('a check that is called off ends at once and lets go of the ports', async t => {
	const {ports, numbers} = await portsWith(t, [() => {}]);
	const ending = new AbortController();
	const verification = ports.verify('127.0.0.1', () => new Map(), ending.signal);
	const startedAt = performance.now();
	setTimeout(() => ending.abort(new Error('ending')), 50);
	await verification.catch(() => {});
	t.true(performance.now() - startedAt < 5000);
	t.deepEqual(
		await Promise.all(numbers.map(canListen)),
		numbers.map(() => true),
	);
});

test('a port that carries a VM is left alone, and can be handed out again when the VM is gone', async t => {
	const {ports, numbers, verify, servers} = await portsWith(t, [says(() => true)]);
	const [first = 0, ...others] = numbers;
	await verify(new Map([[first, 'golem-web']]));
	t.deepEqual(servers[0]?.requests[0]?.ports, others);
	const inUse = ports.statuses()[0];
	t.is(inUse?.state, 'in-use');
	t.is(inUse?.vm_id, 'golem-web');
	t.deepEqual(ports.verified(), numbers);
});

test('without verification every port that can be opened counts, and says why', async t => {
	const {ports, numbers, verify, servers} = await portsWith(t, [says(() => false)], {skipVerification: true});
	await verify();
	t.deepEqual(ports.verified(), numbers);
	t.deepEqual(servers[0]?.requests, []);
	t.regex(String(ports.statuses()[0]?.reason), /switched off/);
});

test('two verifications at once leave no port behind', async t => {
	const {ports, numbers, verify} = await portsWith(t, [truthful]);
	await Promise.all([verify(), verify()]);
	for (const port of numbers) {
		t.true(await canListen(port), String(port));
	}

	await verify();
	t.deepEqual(ports.verified(), numbers);
});

test('a port that a VM gets while it is tried out is let go at once, and stays what it was', async t => {
	const checkerThatWaits = slow();
	let isFirst = true;
	const {ports, numbers, verify} = await portsWith(t, [
		async (body, response) => {
			await (isFirst ? truthful : checkerThatWaits.ask)(body, response);
			isFirst = false;
		},
	]);
	const [first = 0] = numbers;
	await verify();
	t.true(ports.verified().includes(first));

	const verification = verify(new Map());
	await eventually('the checker was asked', () => whenTrue(checkerThatWaits.hasBeenAsked()));
	t.false(await canListen(first), 'it is being tried out');
	ports.release(first);
	t.true(await canListen(first), 'its VM can have it');
	checkerThatWaits.answer();
	await verification;
	t.is(ports.statuses().find(({port}) => port === first)?.state, 'verified');
	t.deepEqual(ports.verified(), numbers);
});
