import fs from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {exeUnitUsage} from '../../../daemons/provider/exe-unit-usage.js';
import {createHttpClient} from '../../../source/client/http-client.js';
import {createTestLog} from '../../support/log.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

/* What is known of a VM's usage where no exe-unit answers. Those that do answer are in test/e2e/usage.ts. */
async function setUp(t: ExecutionContext) {
	const vmFolder = await temporaryFolder(t);
	const client = createHttpClient({target: {socket: path.join(vmFolder, 'none.sock')}, name: 'the exe-unit'});
	return {
		...exeUnitUsage({client, vmFolder, log: createTestLog().log}),
		write: (text: string) => fs.writeFile(path.join(vmFolder, 'usage.json'), text),
	};
}

test('where no supervisor answers, what was last written down counts', async t => {
	const {usage, write} = await setUp(t);
	const record = {at: '2026-01-01T00:00:00.000Z', totals: {running_seconds: 5, cpu_seconds: 2}, sources: []};
	await write(JSON.stringify(record));
	t.like(await usage(), {at: record.at, totals: record.totals});
});

test('of a VM of which nothing was ever written down, nothing was used', async t => {
	const {usage} = await setUp(t);
	t.deepEqual((await usage()).totals, {});
});

test('a damaged file is no reason to say that nothing was used', async t => {
	const {usage, write} = await setUp(t);
	for (const text of ['', '{"totals":', '{"totals":{"cpu_seconds":-1}}']) {
		await write(text);
		await t.throwsAsync(usage(), {code: 'NOT_REACHABLE'});
	}
});
