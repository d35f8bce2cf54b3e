import {factList, textTable} from '../command-line/text-table.js';
import {readiness, resultLine} from '../hosting/ports-text.js';
import type {Paths} from '../platform/paths.js';
import type {SettingSources} from '../platform/settings.js';
import {pollUntil} from '../platform/waiting.js';
import {mainFigure} from './daemon-figures.js';
import {emptyPicture, type Picture} from './picture.js';
import {followEverything} from './sources/sources.js';
import {createStore} from './store.js';
import {daemonState, providerNote, sizeText, sshAddress} from './tables.js';

/** Raised when a field is renamed or goes; new ones may come at any time. */
export const snapshotVersion = 1;

/** Whoever has not answered by then is told as such. */
const patienceMs = 6000;
const lookMs = 20;

/** The dashboard's picture once: waits until everybody has answered, or has failed to. */
export async function takePicture(
	paths: Paths,
	sources: SettingSources,
	signal: AbortSignal,
): Promise<Picture> {
	const store = createStore(emptyPicture(paths.home));
	const ending = new AbortController();
	const following = followEverything(store, {
		paths,
		sources,
		signal: AbortSignal.any([signal, ending.signal]),
	});
	try {
		await pollUntil(() => (isComplete(store.get()) ? true : undefined), {
			timeoutMs: patienceMs,
			intervalMs: lookMs,
			signal,
		});
		await following.directory.check(store.get().directory.providers.keys());
		return {...store.get(), directory: following.directory.picture()};
	} finally {
		ending.abort(new Error('the picture is taken'));
		await following.close();
	}
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
export function toSnapshot(picture: Picture, now = new Date()): object {
	const {home, identity, daemons, ports, directory, vms} = picture;
	return {
		version: snapshotVersion,
		taken_at: now.toISOString(),
		home,
		identity: identity ?? null,
		daemons: Object.fromEntries(
			Object.values(daemons).map(({name, state, status, error}) => [
				name,
				state === 'up' ? {running: true, ...status} : {running: false, error: error ?? null},
			]),
		),
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
