import test, {type ExecutionContext} from 'ava';
import {createPortVerifier} from '../../../../daemons/provider/ports/verifier.js';
import {createTestLog} from '../../../support/log.js';
import {eventually, whenTrue} from '../../../support/waiting.js';

const never = 24 * 60 * 60_000;

/** A verifier over ports of which those are in trouble; each verification waits until it is let go on. */
function verifierWith(
	t: ExecutionContext,
	{troubled = [], pauses = {}}: {troubled?: number[]; pauses?: {allMs?: number; firstRetryMs?: number}} = {},
) {
	const ending = new AbortController();
	t.teardown(() => ending.abort(new Error('ending')));
	const calls: Array<number[] | 'all'> = [];
	const trouble = new Set(troubled);
	let finish: (() => void) | undefined;
	const verifier = createPortVerifier({
		ports: {
			async verify(_address, signal, only) {
				calls.push(only ? [...only] : 'all');
				await new Promise<void>((resolve, reject) => {
					finish = resolve;
					signal.addEventListener('abort', () => reject(signal.reason), {once: true});
				});
			},
			troubled: () => new Set(trouble),
			progress: () => ({phase: 'local', total: 3, settled: 1, checkers: []}),
		},
		publicAddress: {find: async () => '198.51.100.7'},
		prepare: async () => {},
		log: createTestLog().log,
		onChange() {},
		signal: ending.signal,
		pauses: {allMs: never, firstRetryMs: never, ...pauses},
	});
	const running = verifier.run();
	running.catch(() => {});
	return {
		verifier,
		calls,
		trouble,
		ending,
		running,
		begun: (count: number) => eventually(`verification ${count}`, () => whenTrue(calls.length === count)),
		finish: () => finish?.(),
		pauses: () => eventually('it pauses', () => whenTrue(verifier.state().next_at !== null)),
	};
}

test('it begins with all ports, and tells how far it has come', async t => {
	const {verifier, calls, begun, finish, pauses} = verifierWith(t);
	await begun(1);
	t.deepEqual(calls, ['all']);
	t.like(verifier.state(), {phase: 'local', total: 3, settled: 1, finished_at: null, next_at: null});
	finish();
	await pauses();
	const {phase, started_at, finished_at, next_at} = verifier.state();
	t.is(phase, 'done');
	t.true(Date.parse(String(finished_at)) >= Date.parse(String(started_at)));
	t.true(Date.parse(String(next_at)) > Date.now() + never / 2);
});

test('ports with trouble are tried again before the others', async t => {
	const {calls, begun, finish, trouble} = verifierWith(t, {troubled: [7, 9], pauses: {firstRetryMs: 5}});
	await begun(1);
	finish();
	await begun(2);
	trouble.delete(9);
	finish();
	await begun(3);
	finish();
	t.deepEqual(calls, ['all', [7, 9], [7]]);
});

test('trouble that comes up later is looked after too', async t => {
	const {calls, begun, finish, trouble} = verifierWith(t, {pauses: {firstRetryMs: 5}});
	await begun(1);
	finish();
	trouble.add(8);
	await begun(2);
	t.deepEqual(calls, ['all', [8]]);
});

test('all are tried again when it is time', async t => {
	const {calls, begun, finish} = verifierWith(t, {pauses: {allMs: 5}});
	await begun(1);
	finish();
	await begun(2);
	t.deepEqual(calls, ['all', 'all']);
});

test('somebody who asks gets all of them at once', async t => {
	const {verifier, calls, begun, finish, pauses} = verifierWith(t);
	await begun(1);
	finish();
	await pauses();
	verifier.verifyNow();
	await begun(2);
	t.deepEqual(calls, ['all', 'all']);
});

test('somebody who asks while all are tried gets that one', async t => {
	const {verifier, calls, begun, finish, pauses} = verifierWith(t);
	await begun(1);
	verifier.verifyNow();
	finish();
	await pauses();
	t.deepEqual(calls, ['all']);
});

test('somebody who asks while some are tried gets all of them after it', async t => {
	const {verifier, calls, begun, finish} = verifierWith(t, {troubled: [7], pauses: {firstRetryMs: 5}});
	await begun(1);
	finish();
	await begun(2);
	verifier.verifyNow();
	finish();
	await begun(3);
	t.deepEqual(calls, ['all', [7], 'all']);
});

test('it ends at once when the provider does, at work or not', async t => {
	const atWork = verifierWith(t);
	await atWork.begun(1);
	atWork.ending.abort(new Error('ending'));
	await t.throwsAsync(atWork.running, {message: 'ending'});

	const pausing = verifierWith(t);
	await pausing.begun(1);
	pausing.finish();
	await pausing.pauses();
	pausing.ending.abort(new Error('ending'));
	await t.throwsAsync(pausing.running, {message: 'ending'});
});
