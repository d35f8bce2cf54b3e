import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {runGolem} from '../../support/golem.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

test('a home that is a link to nowhere is told by its name', async t => {
	const home = path.join(await temporaryFolder(t), 'home');
	await fs.symlink('nowhere', home);
	const {json} = await runGolem(['identity', '--json'], {home, cwd: path.dirname(home)});
	t.is(json.error.code, 'FILE_UNUSABLE');
	t.true(json.error.message.startsWith(`${home} cannot be used`), json.error.message);
});

for (const [file, ...command] of [
	['config.json', 'identity'],
	['identity/key', 'identity'],
	['logs/provider.log', 'provider', 'logs'],
] as const) {
	test(`a folder in the place of ${file} is told by its name`, async t => {
		const home = await temporaryFolder(t);
		await fs.mkdir(path.join(home, file), {recursive: true});
		const {json} = await runGolem([...command, '--json'], {home});
		t.is(json.error.code, 'FILE_UNUSABLE');
		t.is(json.error.message, `${path.join(home, file)} cannot be used: it is a folder.`);
	});
}
