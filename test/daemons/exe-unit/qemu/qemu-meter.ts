import {spawn} from 'node:child_process';
import {once} from 'node:events';
import test, {type ExecutionContext} from 'ava';
import {readProcessFigures} from '../../../../daemons/exe-unit/qemu/process-figures.js';
import {createQemuMeter} from '../../../../daemons/exe-unit/qemu/qemu-meter.js';
import type {Qmp} from '../../../../daemons/exe-unit/qemu/qmp.js';
import {killProcess} from '../../../../source/platform/process.js';
import {eventually, whenTrue} from '../../../support/waiting.js';

/** Where there is a /proc; elsewhere there is nothing to test. */
const onLinux = (title: string, run: (t: ExecutionContext) => Promise<void> | void): void => {
	if (process.platform === 'linux') {
		test(title, run);
	}
};

/** A real process in QEMU's place; its monitor says what a test tells it to. */
async function startProcess(t: ExecutionContext, answer: () => Promise<unknown>) {
	const child = spawn(process.execPath, ['-e', 'console.log("busy"); while (true);'], {
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	t.teardown(() => child.kill('SIGKILL'));
	await once(child.stdout, 'data');
	let close = () => {};
	const closed = new Promise<void>(resolve => {
		close = resolve;
	});
	const qmp: Qmp = {execute: answer, onEvent() {}, closed, close};
	const pid = Number(child.pid);
	return {pid, child, measure: createQemuMeter({pid, qmp}), close};
}

const blockStats = async () => [
	{device: 'other', stats: {rd_bytes: 1, wr_bytes: 2}},
	{device: 'disk', stats: {rd_bytes: 4096, wr_bytes: 512, rd_operations: 3}},
];

onLinux('a busy process takes CPU time as fast as its clock goes, and memory', async t => {
	const {measure, child} = await startProcess(t, blockStats);
	const before = await measure();
	const after = await eventually('half a second of CPU time', async () => {
		const reading = await measure();
		return Number(reading.counters.cpu_seconds) > Number(before.counters.cpu_seconds) + 0.5
			? reading
			: undefined;
	});
	t.is(after.source, before.source);
	t.true(Number(after.counters.running_seconds) > Number(before.counters.running_seconds) + 0.2);
	t.true(Number(after.memoryBytes) > 5_000_000);
	t.like(after.counters, {disk_read_bytes: 4096, disk_written_bytes: 512});
	child.kill('SIGKILL');
});

onLinux('after its end it is known how far it came, and that it has no memory any more', async t => {
	const {pid, measure, close} = await startProcess(t, blockStats);
	const before = await eventually('it has worked', async () => {
		const reading = await measure();
		return Number(reading.counters.cpu_seconds) > 0.1 ? reading : undefined;
	});
	await killProcess(pid);
	close();
	const after = await eventually('it has ended', async () => {
		const reading = await measure();
		return reading.memoryBytes === 0 ? reading : undefined;
	});
	t.true(Number(after.counters.cpu_seconds) >= Number(before.counters.cpu_seconds));
	t.true(Number(after.counters.running_seconds) >= Number(before.counters.running_seconds));
	t.is(after.counters.disk_read_bytes, 4096);
	t.deepEqual(await measure(), after, 'and so it stays');
});

onLinux(
	'a monitor that refuses, says something else or is silent costs the figures of the disk alone',
	async t => {
		for (const answer of [
			async () => {
				throw new Error('refused');
			},
			async () => ({not: 'a list'}),
			async () => new Promise<never>(() => {}),
		]) {
			const {measure} = await startProcess(t, answer);
			const {counters} = await measure();
			t.is(counters.disk_read_bytes, undefined);
			t.is(typeof counters.cpu_seconds, 'number');
		}
	},
);

onLinux('a name with spaces and parentheses does not shift the fields', async t => {
	const child = spawn(
		'bash',
		['-c', 'exec -a x bash -c "echo \\") S 1 2\\" > /proc/self/comm; echo; read _"'],
		{
			stdio: ['pipe', 'pipe', 'ignore'],
		},
	);
	t.teardown(() => child.kill('SIGKILL'));
	await once(child.stdout, 'data');
	const figures = readProcessFigures(Number(child.pid));
	t.true(Number(figures?.ageSeconds) < 60);
	t.true(Number(figures?.cpuSeconds) < 60);
});

test('of a process that is not there nothing is told', async t => {
	const child = spawn('true', {stdio: 'ignore'});
	await once(child, 'exit');
	await eventually('it is gone', () => whenTrue(readProcessFigures(Number(child.pid)) === undefined));
	t.pass();
});
