import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {ensurePrivateFolder} from '../../../source/platform/files.js';
import {golemPaths} from '../../../source/platform/paths.js';
import {createRequestor} from '../../../source/requestor/requestor.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

test('what could not be opened is opened by the next call, once what was in the way is gone', async t => {
	const paths = golemPaths(await temporaryFolder(t));
	const requestor = createRequestor(paths, {environment: {}, dotEnv: {}, config: {}});
	t.teardown(() => requestor.close());
	await ensurePrivateFolder(path.dirname(paths.identity));
	await fs.writeFile(paths.identity, 'no key');
	await fs.mkdir(paths.rentals);
	await t.throwsAsync(requestor.identity(), {code: 'IDENTITY_DAMAGED'});
	await t.throwsAsync(requestor.rentals(), {code: 'STORE_UNAVAILABLE'});

	await fs.rm(paths.identity);
	await fs.rmdir(paths.rentals);
	const {id} = await requestor.identity();
	t.is((await requestor.identity()).id, id);
	t.deepEqual(await (await requestor.rentals()).entries(), []);
});
