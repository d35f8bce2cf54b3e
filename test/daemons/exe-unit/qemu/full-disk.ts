import test, {type ExecutionContext} from 'ava';
import {resumeWhenThereIsRoom} from '../../../../daemons/exe-unit/qemu/full-disk.js';
import {connectQmp} from '../../../../daemons/exe-unit/qemu/qmp.js';
import {createTestLog} from '../../../support/log.js';
import {eventually, whenTrue} from '../../../support/waiting.js';
import {startLineServer} from './_line-server.js';

const noSpace = {nospace: true, action: 'stop', operation: 'write', reason: 'No space left on device'};
const pauseMs = 10;

type Options = {
	/** What `query-status` says. */
	status?: string;
	/** Does `cont` work, and is told as QEMU tells it? */
	hasRoom?: () => boolean;
};

/** A monitor as QEMU's, on a real socket; the guest behind it is only told of. */
async function startMonitor(t: ExecutionContext, {status = 'running', hasRoom = () => false}: Options = {}) {
	let tries = 0;
	let statusQuestions = 0;
	const server = await startLineServer(
		t,
		({execute, id}, {say}) => {
			if (execute === 'query-status') {
				statusQuestions += 1;
				say({return: {status, running: status === 'running'}, id});
			} else if (execute === 'cont' && !hasRoom()) {
				tries += 1;
				say({error: {class: 'GenericError', desc: 'still full'}, id});
			} else if (execute === 'cont') {
				tries += 1;
				say({event: 'RESUME', timestamp: {seconds: 1, microseconds: 2}});
				say({return: {}, id});
			} else {
				say({return: {}, id});
			}
		},
		({say}) => say({QMP: {version: {}, capabilities: []}}),
	);
	const qmp = await connectQmp(server.file);
	t.teardown(() => qmp.close());
	const {log, entries} = createTestLog();
	/** Every command the code under test has given, also where nobody hears it any more. */
	const commands: string[] = [];
	resumeWhenThereIsRoom(
		{
			...qmp,
			execute(command, args) {
				commands.push(command);
				return qmp.execute(command, args);
			},
		},
		log,
		pauseMs,
	);
	await eventually('the guest’s state was asked for', () => whenTrue(statusQuestions > 0));
	return {
		tries: () => tries,
		commands,
		entries,
		messages: () => entries.map(({msg}) => msg),
		hangUp: () => server.callers[0]?.socket.destroy(),
		tell: (event: string, data: Record<string, unknown> = {}) =>
			server.callers[0]?.say({event, data, timestamp: {seconds: 1, microseconds: 2}}),
		tried: (count: number) => eventually(`it was tried ${count} times`, () => whenTrue(tries >= count)),
		/** When this resolves, all that was told before has been heard. */
		heard: () => qmp.execute('query-name'),
	};
}

/** Waits as long as several tries take, measured by somebody who tries. */
async function whileOthersTry(t: ExecutionContext): Promise<void> {
	const other = await startMonitor(t, {status: 'io-error'});
	await other.tried(8);
}

test('a guest that was paused by a full disk is turned on again as soon as there is room', async t => {
	let hasRoom = false;
	const monitor = await startMonitor(t, {hasRoom: () => hasRoom});
	monitor.tell('BLOCK_IO_ERROR', noSpace);
	monitor.tell('STOP');
	await monitor.tried(3);
	t.deepEqual(monitor.messages(), ['the guest is paused: the disk of this machine is full']);
	hasRoom = true;
	await eventually('it goes on', () => whenTrue(monitor.messages().includes('the guest goes on')));
	const {length} = monitor.commands;
	await whileOthersTry(t);
	t.is(monitor.commands.length, length, 'and is left alone from then on');
});

test('several failed writes are one pause, with one try at a time', async t => {
	let hasRoom = false;
	const monitor = await startMonitor(t, {hasRoom: () => hasRoom});
	for (let write = 0; write < 5; write++) {
		monitor.tell('BLOCK_IO_ERROR', noSpace);
	}

	await monitor.tried(2);
	hasRoom = true;
	await eventually('it goes on', () => whenTrue(monitor.messages().includes('the guest goes on')));
	const {length} = monitor.commands;
	await whileOthersTry(t);
	t.is(monitor.commands.length, length);
	t.is(monitor.entries.length, 2);
});

test('a disk that is full again is one more pause', async t => {
	const monitor = await startMonitor(t, {hasRoom: () => true});
	for (let time = 1; time <= 2; time++) {
		monitor.tell('BLOCK_IO_ERROR', noSpace);
		await eventually(`it goes on for the ${time}. time`, () => whenTrue(monitor.entries.length === 2 * time));
	}

	const onePause = ['the guest is paused: the disk of this machine is full', 'the guest goes on'];
	t.deepEqual(monitor.messages(), [...onePause, ...onePause]);
});

test('a guest that was found paused by a full disk is tried too', async t => {
	const monitor = await startMonitor(t, {status: 'io-error'});
	await monitor.tried(2);
	t.deepEqual(monitor.messages(), ['the guest is paused: the disk of this machine is full']);
});

test('a guest that runs, or was paused by somebody, is left as it is', async t => {
	const monitors = [await startMonitor(t), await startMonitor(t, {status: 'paused'})];
	await whileOthersTry(t);
	for (const {tries, entries} of monitors) {
		t.is(tries(), 0);
		t.deepEqual(entries, []);
	}
});

test('an error that no room would mend, and a resume that nobody waited for, are none of its business', async t => {
	const monitor = await startMonitor(t);
	monitor.tell('BLOCK_IO_ERROR', {...noSpace, nospace: false});
	monitor.tell('BLOCK_IO_ERROR', {action: 'stop'});
	monitor.tell('RESUME');
	await monitor.heard();
	await whileOthersTry(t);
	t.is(monitor.tries(), 0);
	t.deepEqual(monitor.entries, []);
});

test('with QEMU’s end the trying ends', async t => {
	const monitor = await startMonitor(t, {status: 'io-error'});
	await monitor.tried(2);
	monitor.hangUp();
	await eventually('a command fails', () =>
		monitor.heard().then(
			() => undefined,
			() => true,
		),
	);
	const {length} = monitor.commands;
	await whileOthersTry(t);
	t.is(monitor.commands.length, length);
});
