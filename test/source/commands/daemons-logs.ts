import fs from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {golemPaths} from '../../../source/platform/paths.js';
import {runGolem, startGolem} from '../../support/golem.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../support/waiting.js';

const entry = (level: string, msg: string) =>
	`${JSON.stringify({level, time: '2026-03-01T12:00:00.000Z', msg})}\n`;

async function withLog(t: ExecutionContext, text: string) {
	const home = await temporaryFolder(t);
	const file = golemPaths(home).daemonLog('discovery');
	await fs.mkdir(path.dirname(file), {recursive: true});
	await fs.writeFile(file, text);
	const options = {home, environment: {DISCOVERY_HOST: '127.0.0.1', DISCOVERY_PORT: '0'}};
	return {file, options, golem: (...args: string[]) => runGolem(['discovery', ...args], options)};
}

test('the log of a daemon that is down is what its file has, and it is said that it is down', async t => {
	const {golem, file} = await withLog(t, `${entry('info', 'one')}${entry('warn', 'two')}a trace\n`);
	const {stdout, stderr, exitCode} = await golem('logs');
	t.is(exitCode, 0);
	t.is(stdout, '12:00:00 info  one\n12:00:00 warn  two\na trace\n');
	t.true(stderr.includes(file));
	t.is((await golem('logs', '--lines', '1')).stdout, 'a trace\n');
	t.is((await golem('logs', '--lines', '0')).stdout, '');
	const {stdout: forScripts} = await golem('logs', '--json');
	t.deepEqual(
		forScripts
			.trim()
			.split('\n')
			.map(line => JSON.parse(line).msg),
		['one', 'two', 'a trace'],
	);
});

test('--level keeps what is that grave, however far back, and --lines counts what is kept', async t => {
	const chatter = entry('info', 'chatter').repeat(300);
	const {golem} = await withLog(t, entry('warn', 'first') + chatter + entry('error', 'second') + chatter);
	t.is((await golem('logs', '--level', 'warn')).stdout, '12:00:00 warn  first\n12:00:00 error second\n');
	t.is((await golem('logs', '--level', 'warn', '--lines', '1')).stdout, '12:00:00 error second\n');
	t.is((await golem('logs', '--level', 'loud')).exitCode, 2);
});

test('--level and --follow go together: each line once, those of before and those that come', async t => {
	const {golem, options, file} = await withLog(t, entry('warn', 'before') + entry('info', 'chatter'));
	const started = await golem('--detach', '--json');
	t.teardown(() => golem('stop'));
	t.is(started.exitCode, 0, started.stdout);
	const following = startGolem(['discovery', 'logs', '--follow', '--level', 'warn'], options);
	t.teardown(() => following.signal('SIGKILL'));
	await following.printed('before');
	await fs.appendFile(file, entry('info', 'more chatter') + entry('error', 'after'));
	await following.printed('after');
	following.signal('SIGINT');
	const {stdout, exitCode} = await following.ended;
	t.is(stdout, '12:00:00 warn  before\n12:00:00 error after\n');
	t.is(exitCode, 130);
});

test('--follow goes on over the ends and starts of a daemon', async t => {
	const {golem, options} = await withLog(t, '');
	t.teardown(() => golem('stop'));
	await golem('--detach');
	const following = startGolem(['discovery', 'logs', '--follow', '--json'], options);
	t.teardown(() => following.signal('SIGKILL'));
	await following.printed('"msg":"ready"');
	await golem('restart');
	await following.printed('"msg":"ended"');
	await eventually('it tells of the next start', () =>
		whenTrue(following.stdout().split('"msg":"ready"').length === 3),
	);
	following.signal('SIGINT');
	t.is((await following.ended).exitCode, 130);
});

test('the log of a provider has what its VMs have written, whether it runs or not', async t => {
	const {options} = await withLog(t, '');
	const paths = golemPaths(options.home);
	const vmLog = path.join(paths.providerVms, 'vm-1', 'exe-unit.log');
	await fs.mkdir(path.dirname(vmLog), {recursive: true});
	await fs.writeFile(paths.daemonLog('provider'), entry('info', 'of the provider'));
	await fs.writeFile(vmLog, entry('info', 'of a VM'));
	const {stdout} = await runGolem(['provider', 'logs'], options);
	t.is(stdout, '12:00:00 info  of the provider\n12:00:00 info  of a VM\n');
});
