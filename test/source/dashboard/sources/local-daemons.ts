import fs from 'node:fs/promises';
import type http from 'node:http';
import test, {type ExecutionContext} from 'ava';
import {emptyPicture, type Picture} from '../../../../source/dashboard/picture.js';
import {followDaemons} from '../../../../source/dashboard/sources/local-daemons.js';
import {createStore} from '../../../../source/dashboard/store.js';
import {golemPaths} from '../../../../source/platform/paths.js';
import type {DaemonStatus, PortsReport} from '../../../../source/protocol/control.js';
import {startDaemon} from '../../../support/daemon.js';
import {startHttpServer} from '../../../support/http-server.js';
import {temporaryFolder} from '../../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../../support/waiting.js';
import {portsReport} from '../../hosting/_reports.js';
import {daemonStatus} from '../_stand-ins.js';

/** A home without daemons, and the picture that is kept of it. */
async function followHome(t: ExecutionContext, givenHome?: string) {
	const home = givenHome ?? (await temporaryFolder(t));
	const paths = golemPaths(home);
	await fs.mkdir(paths.run, {recursive: true});
	const picture = createStore<Picture>(emptyPicture(home));
	const pictures: Picture[] = [];
	picture.subscribe(() => pictures.push(picture.get()));
	const ending = new AbortController();
	const ended = followDaemons(picture, paths, ending.signal);
	const end = async () => {
		ending.abort();
		await ended;
	};
	t.teardown(end);
	const becomes = (name: keyof Picture['daemons'], state: string) =>
		eventually(`the ${name} is ${state}`, () => whenTrue(picture.get().daemons[name].state === state));
	return {paths, picture, pictures, end, becomes};
}

/** Somebody who answers as a daemon does, on its socket. */
async function standIn(t: ExecutionContext, socket: string) {
	const streams = new Set<http.ServerResponse>();
	const ports = new Set<http.ServerResponse>();
	let status: DaemonStatus = daemonStatus('provider');
	let report: PortsReport = portsReport();
	const {requests} = await startHttpServer(
		t,
		(response, request) => {
			const isPorts = request.url?.startsWith('/v1/ports') ?? false;
			(isPorts ? ports : streams).add(response);
			response.write(`${JSON.stringify(isPorts ? report : status)}\n`);
		},
		{path: socket},
	);
	return {
		requests,
		become(change: Partial<DaemonStatus>) {
			status = {...status, ...change};
			for (const stream of streams) {
				stream.write(`${JSON.stringify(status)}\n`);
			}
		},
		report(change: Partial<PortsReport>) {
			report = {...report, ...change};
			for (const stream of ports) {
				stream.write(`${JSON.stringify(report)}\n`);
			}
		},
		/** As a kill does: the connections break in the middle. */
		breakOff() {
			for (const stream of [...streams, ...ports]) {
				stream.destroy();
			}

			streams.clear();
			ports.clear();
		},
		/** As a daemon does that is asked to end. */
		end() {
			for (const stream of [...streams, ...ports]) {
				stream.end();
			}

			streams.clear();
			ports.clear();
		},
	};
}

test('daemons that are not there are down, and nothing more happens', async t => {
	const {picture, pictures, becomes} = await followHome(t);
	await Promise.all((['discovery', 'port-checker', 'provider'] as const).map(name => becomes(name, 'down')));
	t.is(picture.get().ports, undefined);
	t.is(picture.get().daemons.provider.error, undefined);
	t.is(pictures.length, 3);
});

test('a daemon tells how it is at each change, and is asked once', async t => {
	const {paths, picture, becomes} = await followHome(t);
	await becomes('provider', 'down');
	const daemon = await standIn(t, paths.daemonSocket('provider'));
	await becomes('provider', 'up');
	await eventually('the ports are told', () => whenTrue(picture.get().ports !== undefined));
	for (const pid of [1, 2, 3]) {
		daemon.become({pid});
		await eventually(`the pid is ${pid}`, () => whenTrue(picture.get().daemons.provider.status?.pid === pid));
		daemon.report({concurrent_vms: pid});
		await eventually(`it can have ${pid} VMs`, () => whenTrue(picture.get().ports?.concurrent_vms === pid));
	}

	t.true((picture.get().daemons.provider.heardAt ?? 0) > 0);
	t.deepEqual(daemon.requests.toSorted(), ['GET /v1/events', 'GET /v1/ports?follow=true']);
});

test('a daemon that breaks off is lost, with what was last heard of it, and found again', async t => {
	const {paths, picture, becomes} = await followHome(t);
	const daemon = await standIn(t, paths.daemonSocket('provider'));
	await becomes('provider', 'up');
	await eventually('the ports are told', () => whenTrue(picture.get().ports !== undefined));
	daemon.breakOff();
	await becomes('provider', 'lost');
	t.is(picture.get().daemons.provider.status?.pid, 4711);
	t.is(picture.get().daemons.provider.error, undefined);
	await eventually('its ports are forgotten', () => whenTrue(picture.get().ports === undefined));
	await becomes('provider', 'up');
	await eventually('the ports are told again', () => whenTrue(picture.get().ports !== undefined));
});

test('a daemon that ends its stream in good order is down, not lost', async t => {
	const {paths, pictures, becomes} = await followHome(t);
	const daemon = await standIn(t, paths.daemonSocket('provider'));
	await becomes('provider', 'up');
	daemon.end();
	await becomes('provider', 'down');
	t.false(pictures.some(({daemons}) => daemons.provider.state === 'lost'));
});

test('what is not understood is told as that', async t => {
	const {paths, picture} = await followHome(t);
	await startHttpServer(t, response => response.end('{"name": 5}\n'), {
		path: paths.daemonSocket('discovery'),
	});
	await startHttpServer(t, response => response.writeHead(500).end('oh no'), {
		path: paths.daemonSocket('port-checker'),
	});
	await eventually('both are told', () => {
		const {discovery, 'port-checker': checker} = picture.get().daemons;
		return whenTrue(discovery.error !== undefined && checker.error !== undefined);
	});
	t.regex(picture.get().daemons.discovery.error ?? '', /makes no sense here; its version/);
	t.is(picture.get().daemons['port-checker'].error, 'The port-checker answered 500.');
});

test('nothing is changed any more once it has ended', async t => {
	const {paths, picture, end, becomes} = await followHome(t);
	const daemon = await standIn(t, paths.daemonSocket('provider'));
	await becomes('provider', 'up');
	await end();
	const last = picture.get();
	daemon.become({pid: 99});
	daemon.breakOff();
	t.is(picture.get(), last);
	t.is(last.daemons.provider.state, 'up');
});

test('a real daemon that is killed is lost, one that is started is up, one that is asked to end is down', async t => {
	const home = await temporaryFolder(t);
	const {pictures, becomes} = await followHome(t, home);
	const first = await startDaemon(t, 'discovery', {home});
	await becomes('discovery', 'up');
	await first.kill();
	await becomes('discovery', 'lost');
	const second = await startDaemon(t, 'discovery', {home});
	await becomes('discovery', 'up');
	const before = pictures.length;
	await second.control.shutDown();
	await becomes('discovery', 'down');
	t.false(pictures.slice(before).some(({daemons}) => daemons.discovery.state === 'lost'));
});
