import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {killProcess} from '../../source/platform/process.js';
import type {VmUsage} from '../../source/protocol/vm.js';
import {inspect} from '../support/inspection.js';
import {type Network, startNetwork} from '../support/network.js';
import {withStubQemu} from '../support/stub-qemu/settings.js';
import {eventually, whenTrue} from '../support/waiting.js';

/*
Totals while everything is killed again and again: real daemons and exe-units, with QEMU's stand-in, which runs no guest
but is a process that is measured as QEMU is. Somebody follows all the time and writes down what they were told.
*/
let network: Network;
let createdAtMs = 0;

test.before(async t => {
	t.timeout(180_000);
	network = await startNetwork(withStubQemu);
	createdAtMs = Date.now();
	const {exitCode, stderr} = await network.requestor.golem(['vm', 'create', 'web', '--json']);
	t.is(exitCode, 0, stderr);
});

test.after.always(async () => {
	await network?.tearDown();
});

const on = () => inspect(network);
const provider = async () => network.provider.as(await network.requestor.identity());
const totals = ['running_seconds', 'cpu_seconds', 'network_in_bytes', 'network_out_bytes'] as const;

/** Follows until told to stop, through every loss of the provider. */
function followThroughLosses() {
	const ending = new AbortController();
	const seen: VmUsage[] = [];
	const ended = (async () => {
		while (!ending.signal.aborted) {
			try {
				for await (const event of (await provider()).events('web', ending.signal)) {
					if (event.type === 'usage') {
						seen.push(event);
					}
				}
			} catch {
				// The provider is gone for a moment.
				await eventually('it is there again', async () =>
					(await provider()).info().then(
						() => true,
						() => undefined,
					),
				);
			}
		}
	})();
	return {
		seen,
		async leave() {
			ending.abort();
			await ended;
		},
	};
}

/** A sample that is none of those seen so far. */
async function nextSample(seen: readonly VmUsage[]): Promise<void> {
	const count = seen.length;
	await eventually('a sample', () => whenTrue(seen.length > count), 20_000);
}

/** Something that the proxy carries, and that only its exe-unit knows of. */
async function goIntoWeb(): Promise<void> {
	await network.requestor.golem(['vm', 'ssh', 'web', '--', 'true'], {timeoutMs: 3000});
}

test.serial('what was told is never taken back, whatever is killed', async t => {
	t.timeout(180_000);
	const {seen, leave} = followThroughLosses();
	await nextSample(seen);
	for (const kill of ['exe-unit', 'provider', 'exe-unit', 'both'] as const) {
		await goIntoWeb();
		await nextSample(seen);
		if (kill !== 'provider') {
			await killProcess((await on().exeUnitStatus()).pid);
		}

		if (kill !== 'exe-unit') {
			await network.provider.crash();
			await network.provider.run();
		}

		await nextSample(seen);
	}

	await leave();
	for (const name of totals) {
		const told = seen.map(usage => Number(usage[name]));
		t.deepEqual(
			told,
			told.toSorted((a, b) => a - b),
			name,
		);
	}

	const possibleSeconds = (Date.now() - createdAtMs) / 1000;
	t.true(Number(seen.at(-1)?.running_seconds) < possibleSeconds, 'no time counts twice');
	t.true(Number(seen.at(-1)?.network_out_bytes) > 0);
	t.true(Number(seen.at(-1)?.cpu_seconds) > 0);
	t.is(seen.at(-1)?.disk_written_bytes, null, 'the stand-in does not tell');
});

test.serial('two samples a VM are two seconds apart, however many follow', async t => {
	const followers = [followThroughLosses(), followThroughLosses(), followThroughLosses()];
	const heard = () => followers.map(({seen}) => seen.map(({at}) => at));
	await eventually('each has four', () => whenTrue(heard().every(({length}) => length >= 4)), 30_000);
	await Promise.all(followers.map(({leave}) => leave()));
	const moments = [...new Set(heard().flat())].sort().map(at => Date.parse(at));
	const gaps = moments.slice(1).map((at, index) => at - Number(moments[index]));
	t.true(gaps.length >= 3);
	t.true(Math.min(...gaps) > 1500, gaps.join());
});

test.serial('while nobody follows, nothing is measured', async t => {
	const file = path.join(network.provider.paths.providerVms, await on().idOf('web'), 'usage.json');
	const writtenAt = async () => (await fs.stat(file)).mtimeMs;
	const {seen, leave} = followThroughLosses();
	await nextSample(seen);
	await leave();
	const stillSince = await eventually('it has been left alone for five seconds', async () => {
		const at = await writtenAt();
		return Date.now() - at > 5000 ? at : undefined;
	});
	t.is(await writtenAt(), stillSince);
});

test.serial('with a VM its figures are gone', async t => {
	const client = await provider();
	await network.requestor.golem(['vm', 'destroy', 'web', '--yes']);
	await t.throwsAsync(client.usage('web'), {code: 'VM_002'});
});
