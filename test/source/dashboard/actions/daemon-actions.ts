import {readFileSync} from 'node:fs';
import fs from 'node:fs/promises';
import type http from 'node:http';
import path from 'node:path';
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

/** Somebody who hands out a log on the socket of discovery. */
async function standIn(t: ExecutionContext, socket: string) {
	const streams: http.ServerResponse[] = [];
	const {requests} = await startHttpServer(
		t,
		response => {
			response.write('first\n');
			streams.push(response);
		},
		{path: socket},
	);
	return {requests, streams, write: (text: string) => streams.map(stream => stream.write(`${text}\n`))};
}

const logs = ({ui}: Stage): LogView[] => ui.get().views.flatMap(view => (view.kind === 'log' ? [view] : []));
const shows = (stage: Stage, ...lines: string[]) =>
	eventually(`the log is ${lines.join(', ')}`, () =>
		whenTrue((logs(stage)[0]?.lines ?? []).join() === lines.join()),
	);

test('a log is followed while it is open, and no longer', async t => {
	const {paths, stage} = await onDaemons(t);
	const daemon = await standIn(t, paths.daemonSocket('discovery'));
	stage.type('f');
	t.like(logs(stage)[0], {title: 'Log of the discovery', command: 'golem discovery logs --follow'});
	await shows(stage, 'first');
	daemon.write('second\n');
	await shows(stage, 'first', 'second');
	t.deepEqual(daemon.requests, ['GET /v1/logs?lines=500&follow=true']);
	stage.type(esc);
	await eventually('nobody reads it any more', () => whenTrue(daemon.streams[0]?.destroyed === true));
	t.deepEqual(logs(stage), []);
	t.is(stage.message(), undefined);
});

test('what is written while the help lies over a log is in it when the help is gone', async t => {
	const {paths, stage} = await onDaemons(t);
	const daemon = await standIn(t, paths.daemonSocket('discovery'));
	stage.type('f');
	await shows(stage, 'first');
	stage.type('?');
	daemon.write('second');
	await shows(stage, 'first', 'second');
	t.is(stage.ui.get().views.at(-1)?.kind, 'help');
});

test('a log that is opened again over itself is two logs, each with every line once', async t => {
	const {paths, stage} = await onDaemons(t);
	const daemon = await standIn(t, paths.daemonSocket('discovery'));
	stage.type('f');
	await shows(stage, 'first');
	stage.type(':daemon.logs\r');
	await eventually('both are read', () => whenTrue(daemon.streams.length === 2));
	daemon.write('second');
	await eventually('both have it', () => whenTrue(logs(stage).every(({lines}) => lines.at(-1) === 'second')));
	t.deepEqual(
		logs(stage).map(({lines}) => lines),
		[
			['first', 'second'],
			['first', 'second'],
		],
	);
	stage.type(esc);
	await eventually('the upper one is not read any more', () =>
		whenTrue(daemon.streams[1]?.destroyed === true),
	);
	t.false(daemon.streams[0]?.destroyed);
});

test('where a daemon breaks off, its log says so, and repeats nothing', async t => {
	const {paths, stage} = await onDaemons(t);
	const daemon = await standIn(t, paths.daemonSocket('discovery'));
	await fs.mkdir(path.dirname(paths.daemonLog('discovery')), {recursive: true});
	await fs.writeFile(paths.daemonLog('discovery'), 'first\n');
	stage.type('f');
	await shows(stage, 'first');
	daemon.streams[0]?.destroy();
	await shows(stage, 'first', '(the discovery has ended)');
	t.is(stage.message(), undefined);
});

test('where a daemon ends in good order, its log says so', async t => {
	const {paths, stage} = await onDaemons(t);
	const daemon = await standIn(t, paths.daemonSocket('discovery'));
	stage.type('f');
	await shows(stage, 'first');
	daemon.streams[0]?.end();
	await shows(stage, 'first', '(the discovery has ended)');
	t.is(stage.message(), undefined);
});

test('a log goes on with the next start of its daemon, without what was shown before', async t => {
	const {paths, stage} = await onDaemons(t);
	const line = (second: number, msg: string) =>
		`${JSON.stringify({level: 'info', time: `2026-01-02T03:04:0${second}.000Z`, msg})}\n`;
	const before = line(1, 'before');
	let starts = 0;
	const streams: http.ServerResponse[] = [];
	await startHttpServer(
		t,
		response => {
			starts += 1;
			response.write(starts === 1 ? before : `${before}${line(2, 'after')}`);
			streams.push(response);
		},
		{path: paths.daemonSocket('discovery')},
	);
	stage.type('f');
	await shows(stage, '03:04:01 info  before');
	streams[0]?.end();
	await shows(stage, '03:04:01 info  before', '(the discovery has ended)', '03:04:02 info  after');
	t.is(starts, 2);
});

/** Somebody on the socket of discovery who hands out what the log file has, as a daemon does. */
async function onLogFile(t: ExecutionContext) {
	const {paths, stage} = await onDaemons(t);
	const file = paths.daemonLog('discovery');
	await fs.mkdir(path.dirname(file), {recursive: true});
	const streams: http.ServerResponse[] = [];
	let isUp = true;
	await startHttpServer(
		t,
		response => {
			if (isUp) {
				response.write(readFileSync(file));
				streams.push(response);
			} else {
				response.destroy();
			}
		},
		{path: paths.daemonSocket('discovery')},
	);
	return {
		stage,
		add: (...lines: string[]) => fs.appendFile(file, `${lines.join('\n')}\n`),
		fall() {
			isUp = false;
			streams.at(-1)?.destroy();
		},
		rise() {
			isUp = true;
		},
	};
}

const timed = (second: number, msg: string) =>
	JSON.stringify({level: 'info', time: `2026-01-02T03:04:0${second}.000Z`, msg});
const trace = ['Error: boom', '    at one', '    at two', 'Node.js'];

test('the trace that a daemon leaves as it falls over is shown at once, each time it does, and only then', async t => {
	const {stage, add, fall, rise} = await onLogFile(t);
	await add(timed(1, 'up'));
	stage.type('f');
	const expected = ['03:04:01 info  up'];
	await shows(stage, ...expected);
	for (const second of [2, 3]) {
		await add(...trace);
		fall();
		expected.push(...trace, '(the discovery has ended)');
		await shows(stage, ...expected);
		await add(timed(second, 'up again'));
		rise();
		expected.push(`03:04:0${second} info  up again`);
		await shows(stage, ...expected);
	}

	t.is(stage.message(), undefined);
});

test('what a daemon writes after it has closed its socket is shown, though a VM of its wrote something later', async t => {
	const {paths, stage} = await onDaemons(t);
	const file = paths.daemonLog('discovery');
	await fs.mkdir(path.dirname(file), {recursive: true});
	await fs.writeFile(file, `${timed(1, 'up')}\n`);
	let isUp = true;
	await startHttpServer(
		t,
		response => {
			if (isUp) {
				isUp = false;
				response.end(`${timed(1, 'up')}\n${timed(5, 'of a VM')}\n`);
			} else {
				response.destroy();
			}
		},
		{path: paths.daemonSocket('discovery')},
	);
	stage.type('f');
	const shown = ['03:04:01 info  up', '03:04:05 info  of a VM', '(the discovery has ended)'];
	await shows(stage, ...shown);
	await fs.appendFile(file, `${[...trace, timed(4, 'no more')].join('\n')}\n`);
	await shows(stage, ...shown, ...trace, '03:04:04 info  no more');
	t.is(stage.message(), undefined);
});

test('a daemon that does not answer is not told to have ended', async t => {
	const {paths, stage} = await onDaemons(t);
	await fs.mkdir(path.dirname(paths.daemonLog('discovery')), {recursive: true});
	await fs.writeFile(paths.daemonLog('discovery'), 'old\n');
	// As the error of somebody who has waited for long enough, at once.
	const error = {code: 'NET_001', message: 'It took too long.', timestamp: '', details: {}};
	await startHttpServer(t, response => response.writeHead(504).end(JSON.stringify(error)), {
		path: paths.daemonSocket('discovery'),
	});
	stage.type('f');
	await shows(stage, 'old', '(the discovery does not answer; this is what it has written)');
	t.is(stage.message(), undefined);
});

test('of a daemon that does not run there is what it has left', async t => {
	const {paths, stage} = await onDaemons(t);
	await fs.mkdir(path.dirname(paths.daemonLog('discovery')), {recursive: true});
	await fs.writeFile(paths.daemonLog('discovery'), 'old\n\nlast words\n');
	stage.type('f');
	await shows(stage, 'old', 'last words', '(the discovery does not run; this is what it has left)');
	t.deepEqual(stage.ui.get().message, undefined);
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
