import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {snapshotSchema} from '../../../source/dashboard/snapshot-schema.js';
import {golemEnvironment, golemProgram, runGolem, startGolem} from '../../support/golem.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../support/waiting.js';

const nobody = {GOLEM_REQUESTOR_DISCOVERY_URL: 'http://127.0.0.1:1'};

async function watch(t: ExecutionContext) {
	const home = await temporaryFolder(t);
	const watching = startGolem(['--json', '--watch'], {home, environment: nobody});
	t.teardown(() => watching.signal('SIGKILL'));
	const lines = () => watching.stdout().split('\n').slice(0, -1);
	const snapshots = () => lines().map(line => snapshotSchema.parse(JSON.parse(line)));
	await eventually('the first line', () => whenTrue(lines().length > 0), 20_000);
	return {home, watching, snapshots};
}

test('golem --json --watch writes the whole snapshot at each change, and none twice in a row', async t => {
	const {home, watching, snapshots} = await watch(t);
	t.false(snapshots()[0]?.daemons.discovery.running);
	const environment = {...nobody, DISCOVERY_HOST: '127.0.0.1'};
	const golem = (...args: string[]) => runGolem(args, {home, environment});
	const started = await golem('discovery', '--detach', '--port', '0');
	t.teardown(() => golem('discovery', 'stop'));
	t.is(started.exitCode, 0, started.stderr);
	await eventually('it runs', () => whenTrue(snapshots().at(-1)?.daemons.discovery.running === true));
	await golem('discovery', 'stop');
	await eventually('it is down', () => whenTrue(snapshots().at(-1)?.daemons.discovery.running === false));
	const contents = snapshots().map(snapshot => JSON.stringify({...snapshot, taken_at: ''}));
	t.deepEqual(
		contents.filter((content, index) => content === contents[index - 1]),
		[],
	);

	watching.signal('SIGINT');
	t.is((await watching.ended).exitCode, 130);
});

for (const name of ['SIGINT', 'SIGTERM'] as const) {
	test(`${name} ends it with 130, and nothing more is written`, async t => {
		const {watching, snapshots} = await watch(t);
		watching.signal(name);
		const {exitCode, stderr} = await watching.ended;
		t.is(exitCode, 130);
		t.is(stderr, '');
		t.true(snapshots().length > 0);
	});
}

test('it ends without a noise when its reader has enough, although nothing changes any more', async t => {
	const home = await temporaryFolder(t);
	const pipeline = `set -o pipefail; "${process.execPath}" "${golemProgram}" --json --watch | head -1`;
	const {stdout, stderr} = await promisify(execFile)('bash', ['-c', pipeline], {
		env: golemEnvironment({home, environment: nobody}),
		timeout: 30_000,
	});
	t.is(stderr, '');
	t.is(snapshotSchema.parse(JSON.parse(stdout)).home, home);
});

test('a daemon that tells its status in lines ends soon after its reader has enough', async t => {
	const home = await temporaryFolder(t);
	const pipeline = `set -o pipefail; "${process.execPath}" "${golemProgram}" discovery --json --port 0 | head -1`;
	const {stdout, stderr} = await promisify(execFile)('bash', ['-c', pipeline], {
		env: golemEnvironment({home, environment: {...nobody, DISCOVERY_HOST: '127.0.0.1'}}),
		timeout: 30_000,
	});
	t.is(stderr, '');
	t.is(JSON.parse(stdout).event, 'status');
});

test('--watch without --json is an error of usage that says what would be right', async t => {
	const {exitCode, stderr, stdout} = await runGolem(['--watch'], {home: await temporaryFolder(t)});
	t.is(exitCode, 2);
	t.is(stdout, '');
	t.regex(stderr, /golem --json --watch/);
});
