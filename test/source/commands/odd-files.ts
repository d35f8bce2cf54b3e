import {execFile} from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {runGolem} from '../../support/golem.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {rented, renter} from './vm/_world.js';

/* What else may be where a file or folder of golem's belongs: each is told by its name, and nobody waits for it. */

for (const file of ['config.json', '.env', path.join('identity', 'key')]) {
	test(`a pipe in the place of ${file} is an error that names it`, async t => {
		const home = await temporaryFolder(t);
		await fs.mkdir(path.join(home, 'identity'), {mode: 0o700});
		await promisify(execFile)('mkfifo', [path.join(home, file)]);
		const {exitCode, json} = await runGolem(['identity', '--json'], {home, timeoutMs: 20_000});
		t.is(exitCode, 1);
		t.is(json?.error.code, 'FILE_UNUSABLE');
		t.is(json.error.message, `${path.join(home, file)} cannot be used: it is a pipe, and no file.`);
	});
}

test('a daemon whose log is a pipe that nobody reads does not wait for a reader', async t => {
	const home = await temporaryFolder(t);
	const log = path.join(home, 'logs', 'discovery.log');
	await fs.mkdir(path.dirname(log));
	await promisify(execFile)('mkfifo', [log]);
	for (const flags of [['--detach', '--json'], ['--json']]) {
		const {exitCode, json} = await runGolem(['discovery', ...flags], {home, timeoutMs: 20_000});
		t.is(exitCode, 1);
		t.true(json?.error.message.startsWith(`${log} cannot be used`), flags.join(' '));
	}
});

test('a file in the place of run/ is told by its name: by a daemon that is started, and of all daemons', async t => {
	const home = await temporaryFolder(t);
	const run = path.join(home, 'run');
	await fs.writeFile(run, '');
	const {exitCode, json} = await runGolem(['discovery', '--detach', '--json', '--port', '0'], {home});
	t.is(exitCode, 1);
	t.like(json.error, {
		code: 'FILE_UNUSABLE',
		message: `${run} cannot be used: something else is there by that name.`,
	});
	const environment = {GOLEM_REQUESTOR_DISCOVERY_URL: 'http://127.0.0.1:1'};
	const snapshot = await runGolem(['--json'], {home, environment});
	t.is(snapshot.json.daemons.provider.error, 'It cannot be asked (ENOTDIR).');
});

test('a folder in the place of a file that is written is told by the name it has there', async t => {
	const {golem, remember, home} = await renter(t);
	await remember(rented('web', 1));
	const file = path.join(home, 'ssh', 'known_hosts.web');
	await fs.mkdir(file, {recursive: true});
	const {exitCode, stderr} = await golem(['vm', 'ssh', 'web', '--', 'true']);
	t.is(exitCode, 1);
	t.true(stderr.includes(`${file} cannot be used: it is a folder.`), stderr);
});
