import {once} from 'node:events';
import net from 'node:net';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {openPortMemory} from '../../../../daemons/provider/ports/memory.js';
import {createPorts, type PortCarrier} from '../../../../daemons/provider/ports/ports.js';
import type {Quorum} from '../../../../daemons/provider/ports/verdict.js';
import {createTestLog} from '../../../support/log.js';
import {canListen, freePortRange} from '../../../support/ports.js';
import {temporaryFolder} from '../../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../../support/waiting.js';
import {
	type Checker,
	lying,
	nonsense,
	old,
	oldAndLying,
	reply,
	slow,
	startChecker,
	truthful,
	visitAll,
} from './_checkers.js';

type Options = {
	skipVerification?: boolean;
	size?: number;
	quorum?: Quorum;
	file?: string;
	range?: {start: number; end: number};
	now?: () => number;
};

async function portsWith(t: ExecutionContext, checkers: Checker[], options: Options = {}) {
	const servers = await Promise.all(checkers.map(answer => startChecker(t, answer)));
	const {start, end} = options.range ?? (await freePortRange(options.size ?? 4));
	const numbers = Array.from({length: end - start}, (_, index) => start + index);
	const {log, entries} = createTestLog();
	const carriers = new Map<number, PortCarrier>();
	const figures = {changes: 0, steps: 0};
	const {now} = options;
	const ports = createPorts({
		host: '127.0.0.1',
		ports: numbers,
		// No checker here speaks HTTP to an API: there is none.
		apiPort: () => 1,
		servers: servers.map(({url}) => url),
		quorum: options.quorum ?? 'majority',
		skipVerification: options.skipVerification ?? false,
		carriers: () => carriers,
		findOccupants: async wanted =>
			new Map(wanted.map(port => [port, {pid: 4711, name: 'nginx', isListening: true}])),
		memory: await openPortMemory({
			file: options.file ?? path.join(await temporaryFolder(t), 'ports.json'),
			publicIp: undefined,
			log,
			...(now ? {now} : {}),
		}),
		log,
		onChange() {
			figures.changes += 1;
		},
		onProgress() {
			figures.steps += 1;
		},
		...(now ? {now} : {}),
	});
	return {
		ports,
		numbers,
		servers,
		entries,
		figures,
		carriers,
		verify: (only?: Set<number>, address = '127.0.0.1') =>
			ports.verify(address, AbortSignal.timeout(30_000), only),
	};
}

const statesOf = (ports: ReturnType<typeof createPorts>) => ports.statuses().map(({state}) => state);
const reasonsOf = (ports: ReturnType<typeof createPorts>) => ports.statuses().map(({reason}) => reason);
const nothing = () => false;

test('before the first check no port is known, and none is handed out', async t => {
	const {ports} = await portsWith(t, [truthful()]);
	t.deepEqual(statesOf(ports), ['unknown', 'unknown', 'unknown', 'unknown']);
	t.deepEqual(ports.usable(), []);
	t.is(ports.troubled().size, 5);
});

test('every port is open while it is tried from outside, and closed after', async t => {
	const {ports, numbers, verify, servers, figures} = await portsWith(t, [truthful()]);
	await verify();
	t.deepEqual(ports.usable(), numbers);
	const [request] = servers[0]?.requests ?? [];
	t.is(request?.provider_ip, '127.0.0.1');
	t.is(request?.api_port, 1);
	t.deepEqual(request?.ports, [1, ...numbers]);
	t.regex(String(request?.challenge), /^[0-9a-f]{64}$/);
	t.true(figures.changes > 0);
	t.deepEqual(
		await Promise.all(numbers.map(canListen)),
		numbers.map(() => true),
	);
});

test('a port that a VM gets while the ports are being opened is not taken for another program’s', async t => {
	const {ports, numbers, verify} = await portsWith(t, [truthful()]);
	const [port = 0] = numbers;
	const verifying = verify();
	ports.release(port);
	t.true(await ports.claim(port));
	await verifying;
	t.not(statesOf(ports)[0], 'occupied');
});

test('every checker has a challenge of its own, and none twice', async t => {
	const {verify, servers} = await portsWith(t, [truthful(), truthful()]);
	await verify();
	await verify();
	const challenges = servers.flatMap(({requests}) => requests.map(({challenge}) => challenge));
	t.is(new Set(challenges).size, 4);
});

test('a port that another program has is not even asked about, and who has it is told', async t => {
	const {ports, numbers, verify, servers} = await portsWith(t, [truthful()]);
	const [first = 0, ...others] = numbers;
	const other = net.createServer().listen(first, '127.0.0.1');
	await once(other, 'listening');
	t.teardown(() => other.close());
	await verify();
	t.deepEqual(ports.usable(), others);
	t.is(statesOf(ports)[0], 'occupied');
	t.is(reasonsOf(ports)[0], 'nginx (pid 4711) has it');
	t.deepEqual(ports.statuses()[0]?.occupant, {pid: 4711, name: 'nginx'});
	t.deepEqual(servers[0]?.requests[0]?.ports, [1, ...others]);
	other.close();
	await once(other, 'close');
	await verify(ports.troubled());
	t.deepEqual(ports.usable(), numbers);
});

test('what the checker cannot reach is not handed out, with its reason', async t => {
	const {ports, numbers, verify} = await portsWith(t, [truthful(port => port % 2 === 0)]);
	await verify();
	t.deepEqual(
		ports.usable(),
		numbers.filter(port => port % 2 === 0),
	);
	const closed = ports.statuses().filter(({port}) => port % 2 === 1);
	t.true(closed.every(({state, reason}) => state === 'unreachable' && reason === 'Connection refused'));
	t.deepEqual(ports.troubled(), new Set([1, ...numbers.filter(port => port % 2 === 1)]));
});

test('a checker that says without a proof that all is open is not believed', async t => {
	const {ports, verify} = await portsWith(t, [lying]);
	await verify();
	t.deepEqual(ports.usable(), []);
	t.deepEqual(reasonsOf(ports), ['Wrong answer', 'Wrong answer', 'Wrong answer', 'Wrong answer']);
});

test('a proof is only good for the port it was got at', async t => {
	const {ports, numbers, verify} = await portsWith(t, [
		async (body, response) => {
			// What a router does that forwards every port to the first one.
			const [, ...found] = await visitAll(body);
			const [[, first] = []] = found;
			reply(response, first ? found.map(([port]) => [port, first]) : []);
		},
	]);
	await verify();
	t.deepEqual(ports.usable(), numbers.slice(0, 1));
	t.is(reasonsOf(ports)[1], 'Wrong answer');
});

test('an older checker, which knows no challenges, is believed if it has been here', async t => {
	const {ports, numbers, verify} = await portsWith(t, [old]);
	await verify();
	t.deepEqual(ports.usable(), numbers);

	const deceived = await portsWith(t, [oldAndLying]);
	await deceived.verify();
	t.deepEqual(deceived.ports.usable(), []);
	t.regex(String(reasonsOf(deceived.ports)[0]), /nobody has come through/);
	t.is(deceived.ports.api().state, 'unreachable', 'nor has it been at the API');
});

test('two checkers of three decide, and the third cannot keep a port or give one away', async t => {
	const {ports, numbers, verify} = await portsWith(t, [
		truthful(),
		truthful(nothing),
		truthful(port => port % 2 === 0),
	]);
	await verify();
	t.deepEqual(
		ports.usable(),
		numbers.filter(port => port % 2 === 0),
	);
	t.deepEqual(
		statesOf(ports),
		numbers.map(port => (port % 2 === 0 ? 'verified' : 'disputed')),
	);
});

test('two checkers that disagree leave a port disputed, which says who says what', async t => {
	const {ports, verify, servers} = await portsWith(t, [truthful(), truthful(nothing)]);
	await verify();
	t.deepEqual(ports.usable(), []);
	t.true(statesOf(ports).every(state => state === 'disputed'));
	t.is(reasonsOf(ports)[0], `${servers[1]?.url}: Connection refused`);
	t.deepEqual(
		ports.statuses()[0]?.findings.map(({reachable}) => reachable),
		[true, false],
	);
});

test('with a quorum of one it is enough that one checker comes through', async t => {
	const {ports, numbers, verify} = await portsWith(t, [truthful(), truthful(nothing)], {quorum: 1});
	await verify();
	t.deepEqual(ports.usable(), numbers);
});

test('with a quorum of two the word of one is not enough, and nothing is closed for that', async t => {
	const {ports, verify} = await portsWith(t, [truthful(), nonsense['broken'] ?? lying], {quorum: 2});
	await verify();
	t.deepEqual(ports.usable(), []);
	t.true(statesOf(ports).every(state => state === 'unknown'));
	t.is(reasonsOf(ports)[0], 'only 1 of the 2 port checkers answered that are needed');
});

for (const [name, bad] of Object.entries(nonsense)) {
	test(`a checker that answers with nonsense (${name}) has no vote`, async t => {
		const {ports, numbers, verify, entries} = await portsWith(t, [bad, truthful()]);
		await verify();
		t.deepEqual(ports.usable(), numbers);
		t.true(entries.some(({msg}) => msg === 'a port checker did not answer'));
		t.deepEqual(
			ports.progress().checkers.map(({state}) => state),
			['failed', 'answered'],
		);
	});

	test(`where every checker answers with nonsense (${name}), nothing is verified, and nothing is closed`, async t => {
		const {ports, verify} = await portsWith(t, [bad, bad]);
		await verify();
		t.deepEqual(ports.usable(), []);
		t.true(statesOf(ports).every(state => state === 'unknown'));
	});
}

test('a checker that is silent has no vote, and is not waited for longer than it may take', async t => {
	t.timeout(60_000);
	const {ports, numbers, verify} = await portsWith(t, [() => {}, truthful()]);
	await verify();
	t.deepEqual(ports.usable(), numbers);
	t.regex(String(ports.progress().checkers[0]?.error), /did not answer in/);
});

test('each port that a checker comes to is told while it is still at work', async t => {
	const waiting = slow((_body, response) => {
		response.destroy();
	});
	const {ports, verify, figures} = await portsWith(t, [
		async (body, response) => {
			await visitAll(body);
			await waiting.ask(body, response);
		},
	]);
	const verification = verify();
	await eventually('it has been everywhere', () => whenTrue(waiting.hasBeenAsked()));
	t.deepEqual(
		ports.progress().checkers.map(({state, reached}) => ({state, reached})),
		[{state: 'asked', reached: 4}],
	);
	t.is(ports.progress().settled, 4);
	t.true(ports.statuses().every(({is_checking}) => is_checking));
	t.true(figures.steps >= 5);
	waiting.answer();
	await verification;
	t.false(ports.statuses().some(({is_checking}) => is_checking));
});

test('a check that is called off ends at once and lets go of the ports', async t => {
	const waiting = slow(truthful());
	const {ports, numbers} = await portsWith(t, [waiting.ask]);
	const ending = new AbortController();
	const verification = ports.verify('127.0.0.1', ending.signal);
	await eventually('the checker was asked', () => whenTrue(waiting.hasBeenAsked()));
	ending.abort(new Error('ending'));
	await t.throwsAsync(verification, {message: 'ending'});
	t.deepEqual(
		await Promise.all(numbers.map(canListen)),
		numbers.map(() => true),
	);
});

test('a port that carries a VM passes by the SSH server that greets there, and stays the VM’s', async t => {
	const {ports, numbers, verify, carriers} = await portsWith(t, [truthful()]);
	const [first = 0, second = 0] = numbers;
	const proxy = net.createServer(socket => {
		socket.on('error', () => {});
		socket.end('SSH-2.0-dropbear\r\n');
	});
	proxy.listen(first, '127.0.0.1');
	await once(proxy, 'listening');
	t.teardown(() => proxy.close());
	carriers.set(first, {vmId: 'golem-web', isRunning: true});
	carriers.set(second, {vmId: 'golem-off', isRunning: false});
	await verify();
	const [inUse, off] = ports.statuses();
	t.like(inUse, {state: 'in-use', vm_id: 'golem-web', reason: null});
	t.like(off, {state: 'in-use', vm_id: 'golem-off', reason: null, findings: []});
	t.deepEqual(
		ports.usable(),
		numbers.filter(port => port !== second),
	);
});

test('a VM’s port that is cut off is told as such, and not handed out again', async t => {
	const {ports, numbers, verify, carriers} = await portsWith(t, [truthful()]);
	const [first = 0, ...others] = numbers;
	carriers.set(first, {vmId: 'golem-web', isRunning: true});
	await verify();
	t.like(ports.statuses()[0], {state: 'in-use', vm_id: 'golem-web', reason: 'Connection refused'});
	carriers.clear();
	t.deepEqual(ports.usable(), others);
	t.is(statesOf(ports)[0], 'unreachable');
});

test('without verification every port that can be opened counts, and says why', async t => {
	const {ports, numbers, verify, servers} = await portsWith(t, [truthful(nothing)], {
		skipVerification: true,
	});
	const [first = 0, ...others] = numbers;
	const other = net.createServer().listen(first, '127.0.0.1');
	await once(other, 'listening');
	t.teardown(() => other.close());
	await verify();
	t.deepEqual(ports.usable(), others);
	t.deepEqual(servers[0]?.requests, []);
	t.regex(String(reasonsOf(ports)[1]), /switched off/);
});

test('two verifications at once are one', async t => {
	const {ports, numbers, verify, servers} = await portsWith(t, [truthful()]);
	await Promise.all([verify(), verify()]);
	t.deepEqual(ports.usable(), numbers);
	t.is(servers[0]?.requests.length, 1);
});

test('a port that a VM gets while it is tried out is let go at once, and stays what it was', async t => {
	const waiting = slow(truthful());
	let isFirst = true;
	const {ports, numbers, verify} = await portsWith(t, [
		async (body, response) => {
			await (isFirst ? truthful() : waiting.ask)(body, response);
			isFirst = false;
		},
	]);
	const [first = 0] = numbers;
	await verify();
	t.true(ports.usable().includes(first));

	const verification = verify();
	await eventually('the checker was asked', () => whenTrue(waiting.hasBeenAsked()));
	t.false(await canListen(first), 'it is being tried out');
	ports.release(first);
	t.true(await canListen(first), 'its VM can have it');
	waiting.answer();
	await verification;
	t.is(ports.statuses()[0]?.state, 'verified');
	t.deepEqual(ports.usable(), numbers);
});

test('a port that another program takes between check and use is not handed out any more', async t => {
	const {ports, numbers, verify} = await portsWith(t, [truthful()]);
	const [first = 0, ...others] = numbers;
	await verify();
	t.true(await ports.claim(first));
	const other = net.createServer().listen(first, '127.0.0.1');
	await once(other, 'listening');
	t.teardown(() => other.close());
	t.false(await ports.claim(first));
	t.deepEqual(ports.usable(), others);
	t.is(statesOf(ports)[0], 'occupied');
});

test('what was found is known after a restart, and believed as long as it is not old', async t => {
	const file = path.join(await temporaryFolder(t), 'ports.json');
	const before = await portsWith(t, [truthful(port => port % 2 === 0)], {file});
	await before.verify();
	const {numbers, ports} = before;
	const range = {start: numbers[0] ?? 0, end: (numbers.at(-1) ?? 0) + 1};
	const after = await portsWith(t, [truthful()], {file, range});
	t.deepEqual(after.ports.statuses(), ports.statuses());
	t.deepEqual(after.ports.usable(), ports.usable());

	const muchLater = () => Date.now() + 7 * 60 * 60_000;
	const late = await portsWith(t, [truthful()], {file, range, now: muchLater});
	t.deepEqual(late.ports.usable(), []);
});

test('while no checker answers, what was verified stays so for some hours', async t => {
	let hasFallenSilent = false;
	let clock = Date.now();
	const {ports, numbers, verify} = await portsWith(
		t,
		[
			async (body, response) => {
				await (hasFallenSilent ? (nonsense['rude'] ?? lying) : truthful())(body, response);
			},
		],
		{now: () => clock},
	);
	await verify();
	hasFallenSilent = true;
	clock += 5 * 60 * 60_000;
	await verify();
	t.deepEqual(ports.usable(), numbers);
	t.regex(String(reasonsOf(ports)[0]), /^as found at .* no port checker answers now$/);
	t.deepEqual(ports.troubled(), new Set([1, ...numbers]), 'they are soon asked about again');
	clock += 2 * 60 * 60_000;
	await verify();
	t.deepEqual(ports.usable(), []);
	t.true(statesOf(ports).every(state => state === 'unknown'));
});

test('at another address everything is found out anew, whatever was asked for', async t => {
	const {ports, numbers, verify} = await portsWith(t, [truthful()]);
	await verify();
	const [first = 0] = numbers;
	await verify(new Set([first]), '127.0.0.2');
	// What listens here listens at 127.0.0.1 only.
	t.deepEqual(ports.usable(), []);
	t.deepEqual(statesOf(ports), ['unreachable', 'unreachable', 'unreachable', 'unreachable']);
});
