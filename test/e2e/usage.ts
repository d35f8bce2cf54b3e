import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {killProcess} from '../../source/platform/process.js';
import type {VmUsage} from '../../source/protocol/vm.js';
import {inspect} from '../support/inspection.js';
import {type Network, startNetwork} from '../support/network.js';
import {eventually} from '../support/waiting.js';

/*
What a VM takes, as its owner sees it: a real VM, measured from its host while the guest works. One network for all
tests, which run one after the other.
*/
let network: Network;

test.before(async t => {
	t.timeout(180_000);
	network = await startNetwork();
	const {exitCode, stderr} = await network.requestor.golem(['vm', 'create', 'web', '--json']);
	t.is(exitCode, 0, stderr);
});

test.after.always(async () => {
	await network?.tearDown();
});

const on = () => inspect(network);
const onWeb = (...words: string[]) => network.requestor.golem(['vm', 'ssh', 'web', '--', ...words]);
const provider = async () => network.provider.as(await network.requestor.identity());

/** The samples as they come, until one is as wanted. */
async function follow(what: string, isIt: (usage: VmUsage) => boolean): Promise<VmUsage[]> {
	const seen: VmUsage[] = [];
	for await (const event of (await provider()).events('web', AbortSignal.timeout(40_000))) {
		if (event.type === 'usage') {
			seen.push(event);
			if (isIt(event)) {
				return seen;
			}
		}
	}

	throw new Error(`Not within 40 s: ${what}; the last was ${JSON.stringify(seen.at(-1))}`);
}

const firstSample = async () => (await follow('a sample', () => true))[0];

test.serial('whoever follows a VM sees how its CPU works', async t => {
	const before = await firstSample();
	t.true(Number(before?.memory_bytes) > 50_000_000, 'a kernel is in it');
	const working = onWeb('timeout', '20', 'sh', '-c', 'while :; do :; done');
	// The first sample may still tell of the boot.
	const seen = await follow(
		'the CPU is busy',
		({cpu_percent, cpu_seconds}) =>
			Number(cpu_percent) > 50 && Number(cpu_seconds) > Number(before?.cpu_seconds),
	);
	const after = seen.at(-1);
	t.true(Number(after?.cpu_seconds) > Number(before?.cpu_seconds));
	t.true(Number(after?.cpu_percent) <= 100);
	t.true(Number(after?.running_seconds) > Number(before?.running_seconds));
	await working;
	await follow('it rests again', ({cpu_percent}) => Number(cpu_percent) < 50);
});

test.serial('what the guest writes is written for it, and takes room on its host', async t => {
	const before = await firstSample();
	const megabytes = 24 * 1024 * 1024;
	await onWeb('sh', '-c', 'dd if=/dev/urandom of=file bs=1M count=24 && sync');
	const seen = await follow(
		'it was written',
		({disk_written_bytes}) => Number(disk_written_bytes) >= Number(before?.disk_written_bytes) + megabytes,
	);
	t.true(Number(seen.at(-1)?.storage_bytes) >= Number(before?.storage_bytes) + megabytes);
});

test.serial('what goes by SSH is counted in its direction', async t => {
	const before = await firstSample();
	const sent = 'x'.repeat(1_000_000);
	const {stdout} = await network.requestor.golem(
		['vm', 'ssh', 'web', '--', 'sh', '-c', 'wc -c; head -c 3000000 /dev/zero'],
		{input: sent},
	);
	t.regex(stdout, /^1000000/);
	const after = (
		await follow(
			'both were counted',
			({network_out_bytes}) => Number(network_out_bytes) > Number(before?.network_out_bytes) + 3_000_000,
		)
	).at(-1);
	const came = Number(after?.network_in_bytes) - Number(before?.network_in_bytes);
	t.true(came > 1_000_000 && came < 2_000_000, `${came} bytes came`);
});

test.serial('the usage until now has the four amounts of the vector', async t => {
	const {vector, current_usage} = await (await provider()).usage('web');
	t.deepEqual(vector, [
		'golem.usage.duration_sec',
		'golem.usage.cpu_sec',
		'golem.usage.gib',
		'golem.usage.storage_gib',
	]);
	const [duration, cpu, ...promised] = current_usage;
	t.true(Number(duration) > 0);
	t.true(Number(cpu) > 0);
	t.deepEqual(promised, [1, 10]);
});

test.serial(
	'nothing goes back when supervisor and provider are killed, and what was used meanwhile counts',
	async t => {
		const before = await firstSample();
		const processFolder = `/proc/${await on().vmProcess(await on().idOf('web'))}`;
		await killProcess((await on().exeUnitStatus()).pid);
		await network.provider.crash();
		await network.provider.run();
		const after = await firstSample();
		mustNotGoBack(before, after);
		await t.notThrowsAsync(fs.access(processFolder), 'it is the same QEMU');
		t.true(Number(after?.running_seconds) > Number(before?.running_seconds));
	},
);

test.serial('totals go on over a stop, during which there are no samples, and a start', async t => {
	const before = await firstSample();
	const stopped = await network.requestor.golem(['vm', 'stop', 'web', '--json'], {timeoutMs: 90_000});
	t.is(stopped.json?.status, 'stopped', stopped.stderr);
	const file = path.join(network.provider.paths.providerVms, await on().idOf('web'), 'usage.json');
	const {totals} = JSON.parse(await fs.readFile(file, 'utf8'));
	mustNotGoBack(before, totals);
	const {current_usage} = await (await provider()).usage('web');
	t.deepEqual(current_usage.slice(0, 2), [totals.running_seconds, totals.cpu_seconds]);

	const heard: string[] = [];
	for await (const {type} of (await provider()).events('web', AbortSignal.timeout(5000))) {
		heard.push(type);
	}

	t.deepEqual(heard, ['status']);
	const started = await network.requestor.golem(['vm', 'start', 'web', '--json'], {timeoutMs: 90_000});
	t.is(started.json?.status, 'running', started.stderr);
	mustNotGoBack(totals, await firstSample());
});

test.serial('a QEMU that is killed takes nothing back either', async t => {
	const before = await firstSample();
	const vmId = await on().idOf('web');
	await killProcess(Number(await on().vmProcess(vmId)));
	await eventually('it has failed', async () =>
		(await on().vms()).some(([, status]) => status === 'error') ? true : undefined,
	);
	const {current_usage} = await (await provider()).usage('web');
	t.true(Number(current_usage[0]) >= Number(before?.running_seconds));
	t.true(Number(current_usage[1]) >= Number(before?.cpu_seconds));
	const started = await network.requestor.golem(['vm', 'start', 'web', '--json'], {timeoutMs: 90_000});
	t.is(started.json?.status, 'running', started.stderr);
	mustNotGoBack(before, await firstSample());
});

function mustNotGoBack(before: Partial<VmUsage> | undefined, after: Partial<VmUsage> | undefined): void {
	for (const name of [
		'running_seconds',
		'cpu_seconds',
		'disk_read_bytes',
		'disk_written_bytes',
		'network_in_bytes',
		'network_out_bytes',
	] as const) {
		if (!(Number(after?.[name]) >= Number(before?.[name]))) {
			throw new Error(`${name} went back from ${before?.[name]} to ${after?.[name]}`);
		}
	}
}
