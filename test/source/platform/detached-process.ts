import fs from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {
	type DetachedProcessOptions,
	startDetachedProcess,
} from '../../../source/platform/detached-process.js';
import {isProcessAlive, killProcess, waitUntilProcessGone} from '../../../source/platform/process.js';
import {supportProcess, typescriptArguments} from '../../support/child-process.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {eventually} from '../../support/waiting.js';

// A detached process works in `/`, from where the `tsx` of this process's own arguments is not found.
process.execArgv = typescriptArguments;

async function start(t: ExecutionContext, manner: string, options: Partial<DetachedProcessOptions> = {}) {
	const outputFile = path.join(await temporaryFolder(t), 'logs', 'output.log');
	const started = startDetachedProcess({
		entry: supportProcess('detached'),
		args: [manner],
		outputFile,
		readyTimeoutMs: 15_000,
		...options,
	});
	const pid = started.then(
		process => process.pid,
		() => undefined,
	);
	t.teardown(async () => {
		const known = await pid;
		if (known !== undefined) {
			await killProcess(known);
		}
	});
	return {started, outputFile};
}

test('a process that is ready says what it is, goes on, and prints into its file', async t => {
	const {started, outputFile} = await start(t, 'ready', {
		environment: {...process.env, GREETING: 'hello'},
	});
	const {pid, info} = await started;
	t.deepEqual(info, {pid, greeting: 'hello'});
	t.true(await isProcessAlive(pid));
	t.is(await fs.readFile(outputFile, 'utf8'), 'a line outside of the log\n');
});

test('a process of its own session does not get what is sent to this one’s group', async t => {
	const {started} = await start(t, 'ready');
	const {pid} = await started;
	const stat = await fs.readFile(`/proc/${pid}/stat`, 'utf8');
	const [, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	t.deepEqual([group, session], [String(pid), String(pid)]);
});

test('a start that failed gives the code, reason and hint the process gave', async t => {
	const {started} = await start(t, 'fails');
	await t.throwsAsync(started, {code: 'PORT_TAKEN', message: 'Somebody is there.'});
	const error = await started.catch((reason: unknown) => reason);
	t.is((error as {hint?: string}).hint, 'Choose another.');
});

test('a process that dies while starting leaves its exit code and its last lines', async t => {
	const {started, outputFile} = await start(t, 'dies');
	const error = await t.throwsAsync(started, {code: 'START_FAILED'});
	const lines = error?.message.split('\n') ?? [];
	t.regex(lines[0] ?? '', /exit code 3/);
	t.deepEqual(
		lines.slice(1),
		Array.from({length: 20}, (_, index) => `line ${index + 11}`),
	);
	t.true((await fs.readFile(outputFile, 'utf8')).startsWith('line 1\n'));
});

test('of an output file with a past only the new lines are told, whatever letters the old ones have', async t => {
	const outputFile = path.join(await temporaryFolder(t), 'output.log');
	await fs.writeFile(outputFile, `${'öäü€'.repeat(200)}\n`);
	const {started} = await start(t, 'dies', {outputFile});
	const error = await t.throwsAsync(started, {code: 'START_FAILED'});
	t.deepEqual(
		error?.message.split('\n').slice(1),
		Array.from({length: 20}, (_, index) => `line ${index + 11}`),
	);
});

test('a process that is not ready in time is killed', async t => {
	const {started, outputFile} = await start(t, 'silent', {readyTimeoutMs: 5000});
	const error = await t.throwsAsync(started, {code: 'START_TIMED_OUT'});
	t.is((error as {hint?: string} | undefined)?.hint, 'It was given 5 s.');
	const pid = Number(/silent (\d+)/.exec(await fs.readFile(outputFile, 'utf8'))?.[1]);
	t.true(pid > 0, 'it had started');
	t.true(await waitUntilProcessGone(pid, 5000));
});

test('a process that says something else than how its start went has failed', async t => {
	const {started} = await start(t, 'mumbles');
	await t.throwsAsync(started, {code: 'START_FAILED', message: /did not say how its start went/});
});

test('whoever waits can give up; the process does not stay behind', async t => {
	const giveUp = new AbortController();
	const {started, outputFile} = await start(t, 'silent', {signal: giveUp.signal});
	const pid = await eventually('the process prints its id', async () => {
		const printed = await fs.readFile(outputFile, 'utf8').catch(() => '');
		return /silent (\d+)\n/.exec(printed)?.[1];
	});
	giveUp.abort(new Error('enough'));
	await t.throwsAsync(started, {message: 'enough'});
	t.true(await waitUntilProcessGone(Number(pid), 5000));
});

test('with a signal that is aborted already nothing is waited for', async t => {
	const {started} = await start(t, 'silent', {
		signal: AbortSignal.abort(new Error('enough')),
		readyTimeoutMs: 3000,
	});
	await t.throwsAsync(started, {message: 'enough'});
});
