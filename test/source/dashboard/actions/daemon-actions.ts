import {once} from 'node:events';
import fs from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {withDaemon} from '../../../../source/dashboard/picture.js';
import type {LogView} from '../../../../source/dashboard/ui-state.js';
import {golemPaths} from '../../../../source/platform/paths.js';
import {startHttpServer} from '../../../support/http-server.js';
import {temporaryFolder} from '../../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../../support/waiting.js';
import {portsReport} from '../../hosting/_reports.js';
import {createStage, daemonStatus, type Stage} from '../_stand-ins.js';

const esc = '\u001B';

/** The dashboard on its daemons, of which discovery is selected. */
async function onDaemons(t: ExecutionContext) {
	const paths = golemPaths(await temporaryFolder(t));
	await fs.mkdir(paths.run, {recursive: true});
	const stage = createStage(t, {paths});
	stage.picture.update(picture => withDaemon(picture, 'discovery', {state: 'down'}));
	stage.type('4');
	return {paths, stage};
}

/** Discovery, as far as its log is concerned: what it has written, and that it listens on its socket. */
async function withLog(t: ExecutionContext, ...lines: string[]) {
	const {paths, stage} = await onDaemons(t);
	const file = paths.daemonLog('discovery');
	await fs.mkdir(path.dirname(file), {recursive: true});
	const add = (...more: string[]) => fs.appendFile(file, more.map(line => `${line}\n`).join(''));
	await add(...lines);
	let server: net.Server | undefined;
	const looks = {count: 0};
	const fall = async () => {
		server?.close();
		await fs.rm(paths.daemonSocket('discovery'), {force: true});
	};
	t.teardown(fall);
	return {
		paths,
		stage,
		add,
		looks,
		fall,
		async rise() {
			server = net.createServer(socket => {
				looks.count += 1;
				socket.on('error', () => {}).destroy();
			});
			server.listen(paths.daemonSocket('discovery'));
			await once(server, 'listening');
		},
	};
}

const logs = ({ui}: Stage): LogView[] => ui.get().views.flatMap(view => (view.kind === 'log' ? [view] : []));
const shows = (stage: Stage, ...lines: string[]) =>
	eventually(`the log is ${lines.join(', ')}`, () =>
		whenTrue((logs(stage)[0]?.lines ?? []).join() === lines.join()),
	);

test('a log is followed while it is open, and no longer', async t => {
	const {stage, add, rise, looks} = await withLog(t, 'first');
	await rise();
	stage.type('f');
	t.like(logs(stage)[0], {title: 'Log of the discovery', command: 'golem discovery logs --follow'});
	await shows(stage, 'first');
	await add('second');
	await shows(stage, 'first', 'second');
	stage.type(esc);
	t.deepEqual(logs(stage), []);
	await eventually('nobody looks any more', async () => {
		const before = looks.count;
		await sleep(1000);
		return whenTrue(looks.count === before);
	});
	t.is(stage.message(), undefined);
});

test('what is written while the help lies over a log is in it when the help is gone', async t => {
	const {stage, add, rise} = await withLog(t, 'first');
	await rise();
	stage.type('f');
	await shows(stage, 'first');
	stage.type('?');
	await add('second');
	await shows(stage, 'first', 'second');
	t.is(stage.ui.get().views.at(-1)?.kind, 'help');
});

test('a log that is opened again over itself is two logs, each with every line once', async t => {
	const {stage, add, rise} = await withLog(t, 'first');
	await rise();
	stage.type('f');
	await shows(stage, 'first');
	stage.type(':daemon.logs\r');
	await eventually('both are read', () =>
		whenTrue(logs(stage).length === 2 && logs(stage).every(({lines}) => lines.length === 1)),
	);
	await add('second');
	const both = ['first', 'second'];
	await eventually('both have it', () => whenTrue(logs(stage).every(({lines}) => lines.length === 2)));
	t.deepEqual(
		logs(stage).map(({lines}) => lines),
		[both, both],
	);
	stage.type(esc);
	await add('third');
	await shows(stage, ...both, 'third');
	t.is(logs(stage).length, 1);
});

const timed = (second: number, msg: string) =>
	JSON.stringify({level: 'info', time: `2026-01-02T03:04:0${second}.000Z`, msg});
const trace = ['Error: boom', '    at one', '    at two', 'Node.js'];

test('a log goes on over the ends and starts of its daemon, each line once, with the trace that it leaves', async t => {
	const {stage, add, rise, fall} = await withLog(t, timed(1, 'up'));
	await rise();
	stage.type('f');
	const expected = ['03:04:01 info  up'];
	await shows(stage, ...expected);
	for (const second of [2, 3]) {
		await add(...trace);
		await fall();
		expected.push(...trace, '(the discovery has ended)');
		await shows(stage, ...expected);
		await rise();
		await add(timed(second, 'up again'));
		expected.push(`03:04:0${second} info  up again`);
		await shows(stage, ...expected);
	}

	t.is(stage.message(), undefined);
});

test('what a daemon writes after it has closed its socket is shown', async t => {
	const {stage, add, rise, fall} = await withLog(t, timed(1, 'up'));
	await rise();
	stage.type('f');
	await shows(stage, '03:04:01 info  up');
	await fall();
	const shown = ['03:04:01 info  up', '(the discovery has ended)'];
	await shows(stage, ...shown);
	await add(...trace, timed(4, 'no more'));
	await shows(stage, ...shown, ...trace, '03:04:04 info  no more');
	t.is(stage.message(), undefined);
});

test('the log of a provider has what happens to its VMs, also while it does not run', async t => {
	const {paths, stage, add} = await withLog(t);
	await add();
	const [log, vmLog] = [paths.daemonLog('provider'), path.join(paths.providerVms, 'vm-1', 'exe-unit.log')];
	await fs.mkdir(path.dirname(vmLog), {recursive: true});
	await fs.writeFile(log, `${timed(1, 'up')}\n${timed(3, 'down')}\n`);
	await fs.writeFile(vmLog, `${timed(2, 'boots')}\n`);
	stage.type('Gf');
	const shown = ['03:04:01 info  up', '03:04:02 info  boots', '03:04:03 info  down'];
	await shows(stage, ...shown, '(the provider does not run; this is what it has left)');
	await fs.appendFile(vmLog, `${timed(4, 'runs')}\n`);
	await shows(
		stage,
		...shown,
		'(the provider does not run; this is what it has left)',
		'03:04:04 info  runs',
	);
	t.is(logs(stage)[0]?.title, 'Log of the provider');
});

test('of a daemon that does not run there is what it has left', async t => {
	const {stage} = await withLog(t, 'old', '', 'last words');
	stage.type('f');
	await shows(stage, 'old', 'last words', '(the discovery does not run; this is what it has left)');
	t.is(stage.message(), undefined);
});

test('a verification is asked for, and what goes wrong with it is told', async t => {
	const {paths, stage} = await onDaemons(t);
	stage.picture.update(picture => ({...picture, ports: portsReport()}));
	stage.type('3v');
	await eventually('it is told', () => whenTrue(/cannot be reached/.test(stage.message() ?? '')));
	t.is(stage.ui.get().message?.kind, 'error');
	const {requests} = await startHttpServer(t, response => response.end(JSON.stringify(portsReport())), {
		path: paths.daemonSocket('provider'),
	});
	stage.type('v');
	await eventually('it is told', () => whenTrue(stage.message() === 'All ports are being tried.'));
	t.deepEqual(requests, ['POST /v1/ports/verify']);
});

test('a daemon that has gone meanwhile is told not to have been running', async t => {
	const {stage} = await onDaemons(t);
	stage.picture.update(picture =>
		withDaemon(picture, 'discovery', {state: 'up', status: daemonStatus('discovery')}),
	);
	stage.type('x');
	await eventually('it is told', () => whenTrue(stage.ui.get().activities.at(-1)?.state === 'done'));
	t.is(stage.message(), 'The discovery was not running.');
	t.is(stage.ui.get().activities.at(-1)?.command, 'golem discovery stop');
});
