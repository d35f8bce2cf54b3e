import fs from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {controlRoutes, refuseBrowsers} from '../../../daemons/host/control-api.js';
import {createLiveValue} from '../../../daemons/host/live-value.js';
import {createControlClient} from '../../../source/client/control-client.js';
import {version} from '../../../source/platform/program.js';
import {startApiServer} from '../../support/api-server.js';
import {send} from '../../support/http.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../support/waiting.js';

/** The control API of a daemon that is nothing but it. */
async function startControl(t: ExecutionContext) {
	const folder = await temporaryFolder(t);
	const socket = path.join(folder, 'a.sock');
	const logFile = path.join(folder, 'a.log');
	const changes = createLiveValue<unknown>(undefined);
	const figures = {count: 0};
	const shutdowns: string[] = [];
	const {end} = await startApiServer(
		t,
		controlRoutes({
			status: () => ({
				name: 'discovery',
				pid: process.pid,
				version,
				started_at: '2025-02-20T15:00:00.000Z',
				listening: 'http://127.0.0.1:1',
				healthy: true,
				busy_with: [],
				...figures,
			}),
			changes,
			logFiles: () => [logFile],
			shutDown: reason => shutdowns.push(reason),
		}),
		{guard: refuseBrowsers, socket},
	);
	return {
		socket,
		logFile,
		changes,
		figures,
		shutdowns,
		end,
		client: createControlClient('discovery', socket),
	};
}

test('the status is what the daemon says, with the version in a header', async t => {
	const {socket} = await startControl(t);
	const answer = await send({socket}, {path: '/v1/status'});
	t.is(answer.headers['golem-version'], version);
	t.like(answer.json, {name: 'discovery', pid: process.pid, healthy: true, busy_with: [], count: 0});
});

test('what a web page was talked into sending is refused, and does nothing', async t => {
	const {socket, shutdowns} = await startControl(t);
	for (const headers of [
		{Origin: 'https://evil.example'},
		{Origin: 'null'},
		{Referer: 'http://localhost/'},
	]) {
		for (const [method, path] of [
			['GET', '/v1/status'],
			['POST', '/v1/shutdown'],
			['GET', '/nothing'],
		] as const) {
			const answer = await send({socket}, {method, path, headers});
			t.is(answer.status, 403);
			t.is(answer.json.code, 'AUTH_004');
			t.is(answer.headers['golem-version'], version);
		}
	}

	t.deepEqual(shutdowns, []);
});

test('events begin with the whole picture, go on at each change, and stop with their reader', async t => {
	const {client, figures, changes} = await startControl(t);
	const stop = new AbortController();
	const events = client.events(stop.signal);
	t.like((await events.next()).value, {name: 'discovery', count: 0});
	figures.count = 7;
	changes.set(undefined);
	t.like((await events.next()).value, {count: 7});
	stop.abort();
	t.true((await events.next()).done);
});

test('events end when the daemon ends', async t => {
	const {client, end} = await startControl(t);
	const events = client.events(new AbortController().signal);
	await events.next();
	const next = events.next();
	end.abort();
	t.true((await next).done);
});

test('logs are the last lines, a hundred where no number is given', async t => {
	const {socket, logFile} = await startControl(t);
	const lines = Array.from({length: 150}, (_, number) => JSON.stringify({number}));
	await fs.writeFile(logFile, `${lines.join('\n')}\n`);
	const numbers = async (query: string) =>
		(await send({socket}, {path: `/v1/logs${query}`})).text
			.split('\n')
			.filter(Boolean)
			.map(line => JSON.parse(line).number);
	t.deepEqual(await numbers('?lines=2'), [148, 149]);
	t.is((await numbers('')).length, 100);
	t.deepEqual(await numbers('?lines=0'), []);
});

test('logs are followed until their reader stops', async t => {
	const {client, logFile} = await startControl(t);
	await fs.writeFile(logFile, '{"msg":"one"}\n{"msg":"two"}\n');
	const stop = new AbortController();
	const lines = client.logs({lines: 1, follow: true}, stop.signal);
	t.is((await lines.next()).value, '{"msg":"two"}');
	await fs.appendFile(logFile, '{"msg":"three"}\n');
	t.is((await lines.next()).value, '{"msg":"three"}');
	stop.abort();
	t.true((await lines.next()).done);
});

test('a number of log lines that is none is refused', async t => {
	const {socket} = await startControl(t);
	for (const query of ['lines=-1', 'lines=many', 'lines=10001', 'follow=perhaps']) {
		t.is((await send({socket}, {path: `/v1/logs?${query}`})).json.code, 'REQ_001', query);
	}
});

test('a shutdown is answered first and done then', async t => {
	const {socket, shutdowns} = await startControl(t);
	const answer = await send({socket}, {method: 'POST', path: '/v1/shutdown'});
	t.is(answer.status, 202);
	t.deepEqual(answer.json, {status: 'shutting-down', pid: process.pid});
	await eventually('the daemon was told', () => whenTrue(shutdowns.length === 1));
	t.is((await send({socket}, {path: '/v1/shutdown'})).status, 405);
});
