import fs from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {golemPaths} from '../../../source/platform/paths.js';
import {version} from '../../../source/platform/program.js';
import {versionHeader} from '../../../source/protocol/control.js';
import {runGolem} from '../../support/golem.js';
import {startHttpServer} from '../../support/http-server.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

const remedy = /golem provider stop && golem provider --detach/;

/** A provider of another version: as far as anybody here can tell, one that answers on the control socket. */
async function startOtherVersion(t: ExecutionContext, status: object = understood) {
	const home = await temporaryFolder(t);
	const paths = golemPaths(home);
	await fs.mkdir(paths.run);
	await fs.mkdir(path.dirname(paths.daemonLog('provider')));
	await fs.writeFile(paths.daemonLog('provider'), '{"level":"info","msg":"of the other"}\n');
	await startHttpServer(
		t,
		response => {
			response.setHeader(versionHeader, '0.0.9');
			response.end(JSON.stringify(status));
		},
		{path: paths.daemonSocket('provider')},
	);
	return (...args: string[]) => runGolem(args, {home});
}

const understood = {
	name: 'provider',
	pid: 4711,
	version: '0.0.9',
	started_at: '2026-03-01T12:00:00.000Z',
	listening: 'http://127.0.0.1:7466',
	healthy: true,
	busy_with: [],
};

for (const args of [['provider', '--detach'], ['provider', 'status'], ['provider', 'logs'], ['status']]) {
	test(`golem ${args.join(' ')} names a daemon of another version and what to do`, async t => {
		const golem = await startOtherVersion(t);
		const {exitCode, stdout, stderr} = await golem(...args);
		t.is(exitCode, 0, stderr);
		t.true(stderr.includes(`The provider is of version 0.0.9, and this is ${version}.`), stderr);
		t.regex(stderr, remedy);
		t.true(stdout.length > 0);
	});
}

test('golem status shows the versions where one differs, and fits 80 columns', async t => {
	const golem = await startOtherVersion(t);
	const {stdout, stderr} = await golem('status');
	t.regex(stdout, /VERSION/);
	t.regex(stdout, /^provider.*0\.0\.9/m);
	t.true(
		`${stdout}${stderr}`.split('\n').every(line => line.length <= 80),
		stdout + stderr,
	);
	const alone = await runGolem(['status'], {home: await temporaryFolder(t)});
	t.notRegex(alone.stdout, /VERSION/);
});

test('one whose status makes no sense here is named too, and does not hide the others', async t => {
	const golem = await startOtherVersion(t, {pid: 'many'});
	const status = await golem('provider', 'status', '--json');
	t.is(status.json.error.code, 'BAD_ANSWER');
	t.regex(status.json.error.message, /version 0\.0\.9/);
	t.regex(status.json.error.hint, remedy);

	const all = await golem('status');
	t.is(all.exitCode, 0);
	t.regex(all.stdout, /^discovery +not running/m);
	t.regex(all.stdout, /^provider +no answer/m);
	t.regex(all.stderr, remedy);
});
