import fs from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {openUsageRecord} from '../../../daemons/exe-unit/usage-record.js';
import {createTestLog} from '../../support/log.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

async function setUp(t: ExecutionContext) {
	const file = path.join(await temporaryFolder(t), 'usage.json');
	const {log, entries} = createTestLog();
	return {file, entries, open: () => openUsageRecord(file, log)};
}

test('what several processes took is added up, and of each only what came since', async t => {
	const record = await (await setUp(t)).open();
	record.add({source: 'first', counters: {running_seconds: 10, cpu_seconds: 4}});
	record.add({source: 'first', counters: {running_seconds: 20, cpu_seconds: 5}});
	record.add({source: 'second', counters: {running_seconds: 3, cpu_seconds: 1, disk_read_bytes: 512}});
	t.deepEqual(record.totals(), {running_seconds: 23, cpu_seconds: 6, disk_read_bytes: 512});
});

test('who opens it again goes on where it was: nothing is missed, nothing counts twice', async t => {
	const {open} = await setUp(t);
	const before = await open();
	before.add({source: 'qemu', counters: {cpu_seconds: 100}});
	await before.write();
	before.add({source: 'qemu', counters: {cpu_seconds: 110}});

	const after = await open();
	t.deepEqual(after.totals(), {cpu_seconds: 100}, 'the rest was not written');
	after.add({source: 'qemu', counters: {cpu_seconds: 130}});
	t.deepEqual(after.totals(), {cpu_seconds: 130}, 'and is found again, with what came meanwhile');
});

test('totals never go back, whatever is read and whenever it is written and opened again', async t => {
	const step = fc.record({
		source: fc.constantFrom('a', 'b', 'c'),
		value: fc.nat(1000),
		reopen: fc.boolean(),
	});
	const {file, open} = await setUp(t);
	await fc.assert(
		fc.asyncProperty(fc.array(step, {maxLength: 12}), async steps => {
			await fs.rm(file, {force: true});
			let record = await open();
			let written = 0;
			for (const {source, value, reopen} of steps) {
				const before = record.totals().cpu_seconds ?? 0;
				record.add({source, counters: {cpu_seconds: value}});
				const now = record.totals().cpu_seconds ?? 0;
				if (now < before) {
					return false;
				}

				await record.write();
				written = now;
				record = reopen ? await open() : record;
				if ((record.totals().cpu_seconds ?? 0) !== written) {
					return false;
				}
			}

			return true;
		}),
		{numRuns: 50},
	);
	t.pass();
});

test('a damaged file is set aside and told of, and counting begins anew', async t => {
	const {file, entries, open} = await setUp(t);
	await fs.writeFile(file, '{"totals":');
	t.deepEqual((await open()).totals(), {});
	t.is(await fs.readFile(`${file}.damaged`, 'utf8'), '{"totals":');
	t.true(entries.some(({msg}) => String(msg).includes('cannot be read')));
});

test('where it cannot be written, that is said once, and all of it is written when it can be again', async t => {
	const {file, entries, open} = await setUp(t);
	const record = await open();
	await fs.rename(path.dirname(file), `${path.dirname(file)}-away`);
	record.add({source: 'qemu', counters: {cpu_seconds: 1}});
	await record.write();
	await record.write();
	t.is(entries.filter(({msg}) => String(msg).includes('cannot be written')).length, 1);
	await fs.rename(`${path.dirname(file)}-away`, path.dirname(file));
	await record.write();
	t.deepEqual((await open()).totals(), {cpu_seconds: 1});
});
