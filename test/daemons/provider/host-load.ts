import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {judgeLoad, measureHostLoad, startHostLoadMonitor} from '../../../daemons/provider/host-load.js';
import {runProgram} from '../../../source/platform/process.js';
import {type HostLoad, type LoadKind, loadKinds} from '../../../source/protocol/host-load.js';
import {createTestLog} from '../../support/log.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../support/waiting.js';

const thresholds: HostLoad = {cpu: 90, memory: 85, storage: 80};
const nothing: HostLoad = {cpu: 0, memory: 0, storage: 0};
const idle: HostLoad = {cpu: 0, memory: 20, storage: 20};

const percents = fc.record({
	cpu: fc.double({min: 0, max: 100, noNaN: true}),
	memory: fc.double({min: 0, max: 100, noNaN: true}),
	storage: fc.double({min: 0, max: 100, noNaN: true}),
});
const limits = fc.record({
	cpu: fc.integer({min: 1, max: 100}),
	memory: fc.integer({min: 1, max: 100}),
	storage: fc.integer({min: 1, max: 100}),
});
const kindLists = fc.subarray([...loadKinds]);

/** A monitor of a machine whose load the test says, or which fails where it says an error. */
function monitor(
	t: ExecutionContext,
	measure: (look: number) => HostLoad | Error,
	change: {thresholds?: HostLoad; pauseMs?: number; signal?: AbortSignal} = {},
) {
	const {log, entries} = createTestLog();
	const end = new AbortController();
	t.teardown(() => end.abort());
	const news: Array<{look: number; over: string[]}> = [];
	let looks = 0;
	const started = startHostLoadMonitor({
		thresholds,
		folder: '/',
		log,
		signal: end.signal,
		pauseMs: 5,
		onChange: () => news.push({look: looks, over: [...started.get().over]}),
		async measure() {
			looks += 1;
			const measured = measure(looks);
			if (measured instanceof Error) {
				throw measured;
			}

			return measured;
		},
		...change,
	});
	return {
		monitor: started,
		entries,
		news,
		end,
		looks: () => looks,
		looked: (count: number) =>
			// The one after it begins when what came of it is known.
			eventually(`it has looked ${count} times`, () => whenTrue(looks > count)),
	};
}

test('what is above its threshold is over, what is at it is not', t => {
	t.deepEqual(judgeLoad([], {cpu: 90, memory: 85, storage: 80}, thresholds), []);
	t.deepEqual(judgeLoad([], {cpu: 90.1, memory: 85, storage: 80.1}, thresholds), ['cpu', 'storage']);
});

test('what was over is so until it is five points below, and nothing else is', t => {
	const before = ['cpu'] as const;
	t.deepEqual(judgeLoad(before, {cpu: 90, memory: 84, storage: 79}, thresholds), ['cpu']);
	t.deepEqual(judgeLoad(before, {cpu: 85.1, memory: 84, storage: 79}, thresholds), ['cpu']);
	t.deepEqual(judgeLoad(before, {cpu: 85, memory: 84, storage: 79}, thresholds), []);
});

test('a low threshold is left again too', t => {
	const low = {cpu: 4, memory: 4, storage: 4};
	t.deepEqual(judgeLoad(['cpu'], {cpu: 3.7, memory: 0, storage: 0}, low), ['cpu']);
	t.deepEqual(judgeLoad(['cpu'], {cpu: 3.6, memory: 0, storage: 0}, low), []);
});

test('a threshold of 100 never refuses', t => {
	const never = {cpu: 100, memory: 100, storage: 100};
	fc.assert(
		fc.property(percents, percent => {
			t.deepEqual(judgeLoad([], percent, never), []);
		}),
	);
});

test('each kind is judged by itself, and a second look at the same load changes nothing', t => {
	fc.assert(
		fc.property(kindLists, percents, limits, (before, percent, limit) => {
			const over = judgeLoad(before, percent, limit);
			t.deepEqual(judgeLoad(over, percent, limit), over);
			for (const kind of loadKinds) {
				const alone = judgeLoad(
					before.filter(other => other === kind),
					{...nothing, [kind]: percent[kind]},
					limit,
				);
				t.is(alone.includes(kind), over.includes(kind), kind);
			}
		}),
	);
});

test('a load that swings around its threshold by less than five points is no news again and again', t => {
	const swings = fc.array(fc.double({min: -4.9, max: 4.9, noNaN: true}), {minLength: 1, maxLength: 30});
	fc.assert(
		fc.property(swings, fc.integer({min: 50, max: 95}), (points, threshold) => {
			const limit = {cpu: threshold, memory: threshold, storage: threshold};
			let over: LoadKind[] = [];
			let changes = 0;
			for (const point of points) {
				const next = judgeLoad(over, {...nothing, memory: threshold + point}, limit);
				changes += next.join() === over.join() ? 0 : 1;
				over = next;
			}

			t.true(changes <= 1);
		}),
	);
});

test('before the first look nothing is known, and nothing is over', t => {
	const {monitor: started} = monitor(t, () => idle);
	t.deepEqual(started.get(), {percent: null, thresholds, over: []});
});

test('memory and storage count at once, the processor’s first moment does not', async t => {
	const {monitor: started, news, looked} = monitor(t, () => ({cpu: 100, memory: 99, storage: 98}));
	await looked(1);
	t.deepEqual(started.get(), {
		percent: {cpu: 0, memory: 99, storage: 98},
		thresholds,
		over: ['memory', 'storage'],
	});
	t.deepEqual(news, [{look: 1, over: ['memory', 'storage']}]);
});

test('the processor counts by its average over a minute', async t => {
	const always = {...idle, cpu: 100};
	const {monitor: started, news} = monitor(t, () => always, {
		thresholds: {...thresholds, cpu: 0.5},
		pauseMs: 20,
	});
	await eventually('the processor is over', () => whenTrue(started.get().over.includes('cpu')));
	// After n pauses 1 - e^(-n * 20 / 60000) of it counts: at 16 that is more than half a percent for the first time.
	t.deepEqual(news, [{look: 17, over: ['cpu']}]);
});

test('a short burst of the processor’s is forgotten', async t => {
	const {
		monitor: started,
		looked,
		news,
	} = monitor(t, look => ({...idle, cpu: look < 10 ? 100 : 0}), {
		thresholds: {...thresholds, cpu: 1},
	});
	await looked(40);
	t.deepEqual(news, []);
	t.is(started.get().percent?.cpu, 0);
});

test('a change is told once when it comes and once when it goes, and logged', async t => {
	const storage = [50, 81, 82, 79, 76, 74, 79];
	const {news, entries, looked} = monitor(t, look => ({...idle, storage: storage[look - 1] ?? 79}));
	await looked(storage.length + 3);
	t.deepEqual(news, [
		{look: 2, over: ['storage']},
		{look: 6, over: []},
	]);
	t.deepEqual(
		entries.map(({msg, over}) => [msg, over]),
		[
			['no new VMs for now', ['storage']],
			['new VMs are welcome again', []],
		],
	);
});

test('whole percents are shown, and exact ones are judged', async t => {
	const {monitor: started, looked} = monitor(t, () => ({...idle, memory: 85.4}));
	await looked(1);
	t.deepEqual(started.get().percent, {cpu: 0, memory: 85, storage: 20});
	t.deepEqual(started.get().over, ['memory']);
});

test('a look that fails is logged, changes nothing, and is not the last', async t => {
	const {
		monitor: started,
		entries,
		news,
		looked,
	} = monitor(t, look => (look === 2 ? new Error('no such disk') : {...idle, memory: look === 1 ? 95 : 10}));
	await looked(3);
	t.like(
		entries.find(({msg}) => msg === 'the load could not be measured'),
		{
			err: {message: 'no such disk'},
		},
	);
	t.deepEqual(news, [
		{look: 1, over: ['memory']},
		{look: 3, over: []},
	]);
	t.is(started.get().percent?.memory, 10);
});

test('measuring ends with the signal, at once and not after the pause', async t => {
	const {monitor: started, end, looks} = monitor(t, () => idle, {pauseMs: 3_600_000});
	await eventually('it has looked', () => whenTrue(started.get().percent !== null));
	end.abort();
	await started.finished;
	t.is(looks(), 1);
});

test('with a signal that has been given already nothing is measured', async t => {
	const {monitor: started, looks} = monitor(t, () => idle, {signal: AbortSignal.abort()});
	await started.finished;
	t.is(looks(), 0);
});

test('this machine’s load is told in percent, and its disk as df has it', async t => {
	const folder = await temporaryFolder(t);
	const measured = await measureHostLoad(folder);
	for (const kind of loadKinds) {
		t.true(measured[kind] >= 0 && measured[kind] <= 100, `${kind}: ${measured[kind]}`);
	}

	const df = await runProgram('df', ['-P', folder], {timeoutMs: 10_000});
	const [, percent] = /\s(\d+)%\s/.exec(df) ?? [];
	// It rounds up, and others write to the same disk.
	t.true(Math.abs(measured.storage - Number(percent)) < 2, `${measured.storage} and ${percent}`);
});

test('a folder that is not there has no load', async t => {
	const folder = path.join(await temporaryFolder(t), 'nowhere');
	await t.throwsAsync(measureHostLoad(folder), {code: 'ENOENT'});
});
