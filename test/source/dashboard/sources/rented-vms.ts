import {once} from 'node:events';
import fs from 'node:fs';
import type http from 'node:http';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {emptyPicture, type Picture} from '../../../../source/dashboard/picture.js';
import type {Pauses} from '../../../../source/dashboard/sources/following.js';
import {followRentals} from '../../../../source/dashboard/sources/rented-vms.js';
import {createStore} from '../../../../source/dashboard/store.js';
import {golemPaths} from '../../../../source/platform/paths.js';
import type {VmEvent} from '../../../../source/protocol/vm.js';
import {openRentals, type Rental} from '../../../../source/requestor/rentals.js';
import {createRequestor} from '../../../../source/requestor/requestor.js';
import {startHttpServer} from '../../../support/http-server.js';
import {temporaryFolder} from '../../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../../support/waiting.js';
import {rental, usage, vm} from '../_stand-ins.js';

/** Somebody who answers as a provider does. */
async function standIn(t: ExecutionContext) {
	const streams = new Map<string, Set<http.ServerResponse>>();
	const vms = new Map([['golem-web', vm('web')]]);
	const {requests, url} = await startHttpServer(t, (response, request) => {
		const [, id = '', rest] = /^\/api\/v1\/vms\/([^/]+)(.*)$/.exec(request.url ?? '') ?? [];
		const known = vms.get(id);
		if (!known) {
			const body = {
				code: 'VM_002',
				message: 'There is no such VM.',
				timestamp: new Date().toISOString(),
				details: {},
			};
			response.writeHead(404, {'content-type': 'application/json'}).end(JSON.stringify(body));
		} else if (rest === '/events') {
			response.write(': here\n\n');
			streams.set(id, (streams.get(id) ?? new Set()).add(response));
		} else {
			response.end(JSON.stringify(known));
		}
	});
	const streamsOf = (id: string) => [...(streams.get(id) ?? [])];
	return {
		requests,
		port: Number(new URL(url).port),
		vms,
		isFollowed: (id: string) => streamsOf(id).some(stream => !stream.destroyed),
		tell(id: string, event: VmEvent) {
			for (const stream of streamsOf(id)) {
				stream.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
			}
		},
		breakOff(id: string) {
			for (const stream of streamsOf(id)) {
				stream.destroy();
			}

			streams.delete(id);
		},
	};
}

async function followHome(t: ExecutionContext) {
	const provider = await standIn(t);
	const paths = golemPaths(path.join(await temporaryFolder(t), 'home'));
	const requestor = createRequestor(paths, {environment: {}, dotEnv: {}, config: {}});
	let looks = 0;
	let afterLook = async () => {};
	const counted = {
		...requestor,
		async rentals() {
			looks += 1;
			const rentals = await requestor.rentals();
			return {
				...rentals,
				async entries() {
					const found = await rentals.entries();
					await afterLook();
					return found;
				},
			};
		},
	};
	const picture = createStore<Picture>(emptyPicture(paths.home));
	const ending = new AbortController();
	const follow = (pauses?: Pauses) => {
		const following = followRentals(picture, counted, paths.rentals, ending.signal, pauses);
		t.teardown(async () => {
			ending.abort();
			await following;
			await requestor.close();
		});
	};
	/** As another `golem` does, through a connection of its own. */
	const openElsewhere = async () => {
		const rentals = await openRentals(paths.rentals);
		t.teardown(() => rentals.close());
		return rentals;
	};
	/** Does something between a look at the file and what is made of it. */
	const afterNextLook = (act: () => Promise<void>) => {
		afterLook = async () => {
			afterLook = async () => {};
			await act();
		};
	};
	const here = (name: string, change: Partial<Rental> = {}) =>
		rental(name, {provider: {id: `0x${'a'.repeat(40)}`, host: '127.0.0.1', port: provider.port}, ...change});
	const viewOf = (name: string) => picture.get().vms.get(name);
	const becomes = (name: string, status: string) =>
		eventually(`${name} is ${status}`, () => whenTrue(viewOf(name)?.status === status));
	return {
		provider,
		paths,
		picture,
		follow,
		openElsewhere,
		here,
		viewOf,
		becomes,
		looks: () => looks,
		afterNextLook,
	};
}

test('a VM that is rented tells how it is as it happens, and is not asked again and again', async t => {
	const {provider, follow, openElsewhere, here, viewOf, becomes} = await followHome(t);
	const rentals = await openElsewhere();
	await rentals.set('web', here('web'));
	follow();
	await becomes('web', 'running');
	t.is(viewOf('web')?.vm?.ssh_port, 50_801);
	await eventually('its events are followed', () => whenTrue(provider.isFollowed('golem-web')));
	for (let count = 1; count <= 3; count++) {
		provider.tell('golem-web', usage(count));
		await eventually('a sample comes', () => whenTrue(viewOf('web')?.usage.length === count));
	}

	t.true(viewOf('web')?.isLive);
	t.deepEqual(provider.requests, ['GET /api/v1/vms/golem-web', 'GET /api/v1/vms/golem-web/events']);
	provider.vms.set('golem-web', vm('web', {status: 'stopped', ssh_port: null}));
	provider.tell('golem-web', {type: 'status', status: 'stopped'});
	await eventually('its port is asked for', () => whenTrue(viewOf('web')?.vm?.ssh_port === null));
	t.like(viewOf('web'), {status: 'stopped', isLive: true});
	t.is(provider.requests.length, 3);
});

test('in a new home, a VM that is rented elsewhere comes up, and goes when it is given back', async t => {
	const {provider, follow, openElsewhere, here, picture, becomes} = await followHome(t);
	follow();
	const rentals = await openElsewhere();
	await rentals.set('web', here('web'));
	await becomes('web', 'running');
	await eventually('its events are followed', () => whenTrue(provider.isFollowed('golem-web')));
	await rentals.delete('web');
	await eventually('it is gone', () => whenTrue(picture.get().vms.size === 0));
	await eventually('nobody follows its events', () => whenTrue(!provider.isFollowed('golem-web')));
	t.is(provider.requests.length, 2);
});

test('of many changes close together none is missed', async t => {
	const {follow, openElsewhere, here, picture} = await followHome(t);
	const rentals = await openElsewhere();
	follow();
	for (let count = 1; count <= 30; count++) {
		await rentals.set(`vm-${count}`, here(`vm-${count}`, {vm_id: null}));
	}

	await eventually('all are there', () => whenTrue(picture.get().vms.size === 30));
	await rentals.delete('vm-30');
	await eventually('the last is gone', () => whenTrue(picture.get().vms.size === 29));
	t.false(picture.get().vms.has('vm-30'));
});

test('what changes while the file is read is not missed', async t => {
	const {follow, openElsewhere, here, paths, picture, becomes, afterNextLook} = await followHome(t);
	const rentals = await openElsewhere();
	follow();
	await rentals.set('web', here('web', {vm_id: null}));
	await becomes('web', 'unconfirmed');
	afterNextLook(async () => {
		const watcher = fs.watch(paths.home);
		const noticed = once(watcher, 'change');
		await rentals.set('log', here('log', {vm_id: null}));
		await noticed;
		watcher.close();
	});
	await rentals.set('db', here('db', {vm_id: null}));
	await becomes('log', 'unconfirmed');
	t.deepEqual([...picture.get().vms.keys()].toSorted(), ['db', 'log', 'web']);
});

test('looking at the file is no change of it, and nobody looks again for nothing', async t => {
	const {follow, openElsewhere, here, looks, becomes} = await followHome(t);
	const rentals = await openElsewhere();
	follow();
	await rentals.set('web', here('web', {vm_id: null}));
	await becomes('web', 'unconfirmed');
	// Looking again and again would be done every 50 ms.
	const before = looks();
	await sleep(500);
	t.true(looks() - before <= 3, `${looks() - before} more looks`);
});

test('a rental is unconfirmed until its provider has said yes, and asked for then', async t => {
	const {provider, follow, openElsewhere, here, becomes} = await followHome(t);
	const rentals = await openElsewhere();
	await rentals.set('web', here('web', {vm_id: null}));
	follow();
	await becomes('web', 'unconfirmed');
	t.deepEqual(provider.requests, []);
	await rentals.set('web', here('web'));
	await becomes('web', 'running');
});

test('a provider that breaks off leaves what is known, as no longer sure, and is found again', async t => {
	const {provider, follow, openElsewhere, here, viewOf, becomes} = await followHome(t);
	const rentals = await openElsewhere();
	await rentals.set('web', here('web'));
	follow();
	await eventually('its events are followed', () => whenTrue(provider.isFollowed('golem-web')));
	provider.tell('golem-web', usage(1));
	await eventually('it is live', () => whenTrue(viewOf('web')?.isLive === true));
	provider.breakOff('golem-web');
	await becomes('web', 'unreachable');
	t.like(viewOf('web'), {isLive: false});
	t.is(viewOf('web')?.vm?.status, 'running');
	t.regex(viewOf('web')?.error ?? '', /cannot be reached/);
	await becomes('web', 'running');
	t.is(viewOf('web')?.error, undefined);
});

test('a provider that breaks off again and again, but told something each time, is not asked later and later', async t => {
	const {provider, follow, openElsewhere, here, viewOf} = await followHome(t);
	const rentals = await openElsewhere();
	await rentals.set('web', here('web'));
	// Twice as long each time, the last pause would be 40 s.
	follow({firstMs: 10, lastMs: 60_000});
	for (let breaks = 0; breaks <= 12; breaks++) {
		await eventually('its events are followed', () => whenTrue(provider.isFollowed('golem-web')));
		provider.tell('golem-web', usage(breaks));
		await eventually('a sample comes', () => whenTrue(viewOf('web')?.usage.at(-1)?.at === usage(breaks).at));
		provider.breakOff('golem-web');
	}

	t.is(viewOf('web')?.usage.length, 13);
});

test('a VM that its provider does not know any more is gone', async t => {
	const {provider, follow, openElsewhere, here, viewOf, becomes} = await followHome(t);
	const rentals = await openElsewhere();
	await rentals.set('web', here('web'));
	follow();
	await eventually('its events are followed', () => whenTrue(provider.isFollowed('golem-web')));
	provider.vms.delete('golem-web');
	provider.tell('golem-web', {type: 'status', status: 'deleted'});
	await becomes('web', 'gone');
	t.is(viewOf('web')?.happenings.at(-1)?.text, 'gone');
});

test('a provider that does not answer is told of once, however often it is asked', async t => {
	const {follow, openElsewhere, here, viewOf} = await followHome(t);
	const {url, requests} = await startHttpServer(t, response => {
		response.destroy();
	});
	const rentals = await openElsewhere();
	const provider = {id: `0x${'b'.repeat(40)}`, host: '127.0.0.1', port: Number(new URL(url).port)};
	await rentals.set('web', here('web', {provider}));
	follow();
	await eventually('it was asked three times', () => whenTrue(requests.length >= 3));
	t.is(viewOf('web')?.status, 'unreachable');
	t.is(viewOf('web')?.happenings.length, 1);
});
