import v8 from 'node:v8';
import vm from 'node:vm';
import test from 'ava';
import {createSerialQueue, deadlineSignal, pollUntil} from '../../../source/platform/waiting.js';
import {eventually, whenTrue} from '../../support/waiting.js';

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

test('asking goes on until there is an answer', async t => {
	let asked = 0;
	const answer = await pollUntil(
		() => {
			asked += 1;
			return asked === 3 ? 'here' : undefined;
		},
		{timeoutMs: 5000, intervalMs: 1},
	);
	t.is(answer, 'here');
	t.is(asked, 3);
});

test('an answer that is not true is an answer', async t => {
	t.is(await pollUntil(() => false, {timeoutMs: 1000, intervalMs: 1}), false);
	t.is(await pollUntil(() => null, {timeoutMs: 1000, intervalMs: 1}), null);
});

test('without an answer there is an end, after at least one question', async t => {
	let asked = 0;
	const answer = await pollUntil(
		() => {
			asked += 1;
			return undefined;
		},
		{timeoutMs: 0, intervalMs: 1},
	);
	t.is(answer, undefined);
	t.is(asked, 1);
});

test('an aborted signal ends the asking, in the middle of a pause too', async t => {
	const stop = new AbortController();
	const asking = pollUntil(() => undefined, {timeoutMs: 60_000, intervalMs: 60_000, signal: stop.signal});
	stop.abort(new Error('enough'));
	await t.throwsAsync(asking, {message: 'enough'});
	await t.throwsAsync(
		pollUntil(() => 1, {timeoutMs: 1, intervalMs: 1, signal: stop.signal}),
		{
			message: 'enough',
		},
	);
});

test('what a question throws ends the asking', async t => {
	await t.throwsAsync(
		pollUntil(async () => Promise.reject(new Error('broken')), {timeoutMs: 1000, intervalMs: 1}),
		{message: 'broken'},
	);
});

test('a deadline comes by itself or with the other signal', async t => {
	const stop = new AbortController();
	const either = deadlineSignal(60_000, stop.signal);
	t.false(either.aborted);
	stop.abort();
	t.true(either.aborted);
});

test('tasks run one at a time, in their order, and one that fails does not hold up the next', async t => {
	const enqueue = createSerialQueue();
	const events: string[] = [];
	const task = (name: string, fails = false) =>
		enqueue(async () => {
			events.push(`${name} begins`);
			await new Promise(resolve => {
				setImmediate(resolve);
			});
			events.push(`${name} ends`);
			if (fails) {
				throw new Error(name);
			}

			return name;
		});
	const results = await Promise.allSettled([task('a'), task('b', true), task('c')]);
	t.deepEqual(events, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
	t.deepEqual(
		results.map(({status}) => status),
		['fulfilled', 'rejected', 'fulfilled'],
	);
});

test('a deadline comes, also where nobody but its waiter knows of it and memory is cleared up', async t => {
	const other = new AbortController();
	let ended = 0;
	for (let count = 0; count < 20; count++) {
		deadlineSignal(200, other.signal).addEventListener('abort', () => {
			ended += 1;
		});
	}

	collectGarbage();
	await eventually('all of them end', () => whenTrue(ended === 20), 5000);
	t.false(other.signal.aborted);
});

test('the other signal ends it earlier, with its own reason', t => {
	const other = new AbortController();
	const signal = deadlineSignal(60_000, other.signal);
	other.abort(new Error('enough'));
	t.is((signal.reason as Error).message, 'enough');
});

test('a deadline says how long it was', async t => {
	const signal = deadlineSignal(10);
	await eventually('it ends', () => whenTrue(signal.aborted));
	t.is((signal.reason as DOMException).name, 'TimeoutError');
	t.regex((signal.reason as DOMException).message, /0\.01 s/);
});
