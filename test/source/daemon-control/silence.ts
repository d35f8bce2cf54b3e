import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs/promises';
import test, {type ExecutionContext} from 'ava';
import {explainSilence} from '../../../source/daemon-control/silence.js';
import {GolemError} from '../../../source/platform/golem-error.js';
import {golemPaths} from '../../../source/platform/paths.js';
import {killProcess} from '../../../source/platform/process.js';
import {runGolem} from '../../support/golem.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../support/waiting.js';

const silence = new GolemError('NET_001', 'The provider did not answer in 5 s.', {hint: 'Start it.'});

/** A process that is named as the provider's, and which the file beside the provider's lock names. */
async function hungProvider(t: ExecutionContext) {
	const paths = golemPaths(await temporaryFolder(t));
	const child = spawn(
		process.execPath,
		['-e', 'console.log("up"); setInterval(() => {}, 1e6)', 'daemons/provider/main.js'],
		{stdio: ['ignore', 'pipe', 'ignore']},
	);
	const pid = child.pid ?? 0;
	t.teardown(() => killProcess(pid));
	await once(child.stdout, 'data');
	await fs.mkdir(paths.run);
	await fs.writeFile(`${paths.daemonLock('provider')}.pid`, `${pid}\n`);
	return {paths, pid};
}

/** The signal is sent by then, and acted upon a little later. */
async function pause(pid: number): Promise<void> {
	process.kill(pid, 'SIGSTOP');
	await eventually(`${pid} is paused`, async () =>
		whenTrue(/^State:\s*T/m.test(await fs.readFile(`/proc/${pid}/status`, 'utf8'))),
	);
}

const explained = async (...args: Parameters<typeof explainSilence>) => {
	const error = await explainSilence(...args);
	if (!(error instanceof GolemError)) {
		throw new Error('It is no GolemError.', {cause: error});
	}

	return error;
};

test('of a daemon that is there and does not answer it is told which process it is, and how to end it', async t => {
	const {paths, pid} = await hungProvider(t);
	const {code, message, hint = '', details} = await explained('provider', paths, silence);
	t.is(code, 'NET_001');
	t.is(message, `The provider did not answer in 5 s. It runs, with pid ${pid}.`);
	t.is(details['pid'], pid);
	t.regex(hint, /golem provider logs/);
	t.regex(hint, new RegExp(`kill -9 ${pid} .*its VMs go on`));
	t.notRegex(hint, /Start it/);
});

test('one that was paused is to go on, not to be ended', async t => {
	const {paths, pid} = await hungProvider(t);
	await pause(pid);
	const {hint = ''} = await explained('provider', paths, silence);
	t.regex(hint, new RegExp(`kill -CONT ${pid}$`));
	t.notRegex(hint, /kill -9/);
});

test('another process that has got its number is not taken for it', async t => {
	const {paths} = await hungProvider(t);
	await fs.writeFile(`${paths.daemonLock('provider')}.pid`, `${process.pid}\n`);
	const {message, hint = ''} = await explained('provider', paths, silence);
	t.is(message, silence.message);
	t.regex(hint, /provider\.sock/);
	t.notRegex(hint, /kill/);
});

test('any other error is left as it is', async t => {
	const {paths} = await hungProvider(t);
	const error = new GolemError('NOT_REACHABLE', 'No.', {hint: 'Start it.'});
	t.is(await explainSilence('provider', paths, error), error);
});

test('a daemon that was paused: stop tells how to have it go on, and its log is read from its file', async t => {
	const home = await temporaryFolder(t);
	const options = {home, environment: {DISCOVERY_HOST: '127.0.0.1', DISCOVERY_PORT: '0'}};
	const {json} = await runGolem(['discovery', '--detach', '--json'], options);
	const {pid} = json;
	t.teardown(() => killProcess(pid));
	await pause(pid);
	const [stopped, log] = await Promise.all([
		runGolem(['discovery', 'stop', '--json'], options),
		runGolem(['discovery', 'logs'], options),
	]);
	t.is(stopped.exitCode, 7);
	t.is(stopped.json.error.details.pid, pid);
	t.regex(stopped.json.error.hint, new RegExp(`golem discovery logs\\n.*kill -CONT ${pid}`));
	t.is(log.exitCode, 0);
	t.regex(log.stdout, /ready listening=/);
	t.regex(log.stderr, /did not answer.*logs\/discovery\.log/);
});
