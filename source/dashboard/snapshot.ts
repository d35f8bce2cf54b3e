import {factList, textTable} from '../command-line/text-table.js';
import {readiness, resultLine} from '../hosting/ports-text.js';
import type {Paths} from '../platform/paths.js';
import type {SettingSources} from '../platform/settings.js';
import {pollUntil} from '../platform/waiting.js';
import {daemonState, providerNote, sizeText, sshAddress} from './columns.js';
import {mainFigure} from './daemon-figures.js';
import {type DaemonView, emptyPicture, type Picture} from './picture.js';
import {type Snapshot, snapshotVersion} from './snapshot-schema.js';
import {followEverything} from './sources/sources.js';
import {collected, createStore} from './store.js';

/** Whoever has not answered by then is told as such. */
const patienceMs = 6000;
const lookMs = 20;
/** Changes that come together are told as one. */
const collectMs = 50;

/** The dashboard's picture once: waits until everybody has answered, or has failed to. */
export async function takePicture(
	paths: Paths,
	sources: SettingSources,
	signal: AbortSignal,
): Promise<Picture> {
	for await (const picture of followPicture(paths, sources, signal)) {
		return picture;
	}

	throw new Error('The picture has ended before it began.');
}

/** The dashboard's picture when everybody has answered, or has failed to, and then at each change. */
async function* followPicture(
	paths: Paths,
	sources: SettingSources,
	signal: AbortSignal,
): AsyncGenerator<Picture> {
	const store = createStore(emptyPicture(paths.home), collected(collectMs));
	const news = createNews(signal);
	const ending = new AbortController();
	const following = followEverything(store, {
		paths,
		sources,
		signal: AbortSignal.any([signal, ending.signal]),
	});
	store.subscribe(news.tell);
	try {
		await pollUntil(() => (isComplete(store.get()) ? true : undefined), {
			timeoutMs: patienceMs,
			intervalMs: lookMs,
			signal,
		});
		for (;;) {
			news.forget();
			await following.directory.check(store.get().directory.providers.keys());
			yield {...store.get(), directory: following.directory.picture()};
			await news.come();
		}
	} finally {
		ending.abort(new Error('nobody looks at the picture any more'));
		await following.close();
	}
}

/** The snapshot when it is complete, and then at each change of it: never the same twice in a row. */
export async function* watchSnapshots(
	paths: Paths,
	sources: SettingSources,
	signal: AbortSignal,
): AsyncGenerator<Snapshot> {
	let last: string | undefined;
	for await (const picture of followPicture(paths, sources, signal)) {
		const snapshot = toSnapshot(picture);
		const content = JSON.stringify({...snapshot, taken_at: ''});
		if (content !== last) {
			last = content;
			yield snapshot;
		}
	}
}

/** Whether something has changed, for one who waits for it. `come` throws the signal's reason. */
function createNews(signal: AbortSignal) {
	let hasCome = false;
	let wake = () => {};
	signal.addEventListener('abort', () => wake(), {once: true});
	return {
		tell() {
			hasCome = true;
			wake();
		},
		forget() {
			hasCome = false;
		},
		async come(): Promise<void> {
			if (!hasCome && !signal.aborted) {
				await new Promise<void>(resolve => {
					wake = resolve;
				});
			}

			signal.throwIfAborted();
		},
	};
}

function isComplete({identity, daemons, directory, vms, areVmsKnown, ports}: Picture): boolean {
	return (
		areVmsKnown &&
		identity !== undefined &&
		Object.values(daemons).every(({state}) => state !== 'asking') &&
		(daemons.provider.state !== 'up' || ports !== undefined) &&
		directory.servers.every(({state}) => state !== 'asking') &&
		[...vms.values()].every(({status}) => status !== 'asking')
	);
}

/** For scripts: `golem --json`. */
export function toSnapshot(picture: Picture, now = new Date()): Snapshot {
	const {home, identity, daemons, ports, directory, vms} = picture;
	return {
		version: snapshotVersion,
		taken_at: now.toISOString(),
		home,
		identity: identity ?? null,
		daemons: {
			discovery: daemonSnapshot(daemons.discovery),
			'port-checker': daemonSnapshot(daemons['port-checker']),
			provider: daemonSnapshot(daemons.provider),
		},
		ports: ports ?? null,
		discovery: {
			servers: directory.servers.map(({url, state, error, total}) => ({
				url,
				reachable: state === 'ok',
				error: error ?? null,
				total: total ?? null,
			})),
			providers: [...directory.providers.values()].map(({advertisement, isGenuine}) => ({
				...advertisement,
				signature_valid: isGenuine ?? null,
			})),
		},
		vms: [...vms.values()].map(({name, rental, vm, status, error}) => ({
			...vm,
			name,
			id: rental.vm_id,
			status,
			provider_id: rental.provider.id,
			resources: rental.resources,
			ip_address: vm?.ip_address ?? rental.access?.ssh_host ?? null,
			ssh_port: vm?.ssh_port ?? rental.access?.ssh_port ?? null,
			created_at: rental.created_at,
			error_message: error ?? null,
		})),
	};
}

function daemonSnapshot({state, status, error}: DaemonView): Snapshot['daemons']['provider'] {
	return state === 'up' && status ? {running: true, ...status} : {running: false, error: error ?? null};
}

/** For those who listen to a terminal, or have one that cannot be drawn on. */
export function toText({home, identity, daemons, ports, directory, vms}: Picture): string {
	const providers = [...directory.providers.values()];
	return [
		factList([
			['home', home],
			['identity', identity ?? 'none yet'],
			...directory.servers.map(
				({url, state, error}) =>
					['discovery', state === 'ok' ? `${url} answers` : `${url}: ${error ?? 'does not answer'}`] as const,
			),
		]),
		'',
		textTable(
			['VM', 'STATUS', 'SIZE', 'SSH'],
			[...vms.values()].map(vm => [vm.name, vm.status, sizeText(vm.rental.resources), sshAddress(vm) ?? '-']),
		),
		'',
		textTable(
			['PROVIDER', 'COUNTRY', 'FREE', 'NOTE'],
			providers.map(entry => [
				entry.advertisement.name ?? entry.advertisement.provider_id,
				entry.advertisement.country,
				sizeText(entry.advertisement.resources),
				providerNote(entry),
			]),
		),
		'',
		textTable(
			['DAEMON', 'STATE', 'AT WORK'],
			Object.values(daemons).map(daemon => [
				daemon.name,
				daemonState(daemon),
				daemon.state === 'up' && daemon.status ? mainFigure(daemon.status) : '-',
			]),
		),
		...(ports ? ['', resultLine(ports), readiness(ports).text] : []),
	].join('\n');
}
