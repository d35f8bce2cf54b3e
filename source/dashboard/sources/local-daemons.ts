import {controlOf} from '../../daemon-control/daemon-control.js';
import {GolemError} from '../../platform/golem-error.js';
import {type DaemonName, daemonNames, type Paths} from '../../platform/paths.js';
import {answersOnUnixSocket} from '../../platform/unix-socket.js';
import {type Picture, withDaemon} from '../picture.js';
import type {Store} from '../store.js';
import {again} from './following.js';

/** A socket that is not there costs next to nothing to knock at. */
const pauses = {firstMs: 500, lastMs: 1000};

/** Keeps the daemons of this machine in the picture, by their own event streams; ends with the signal. */
export async function followDaemons(store: Store<Picture>, paths: Paths, signal: AbortSignal): Promise<void> {
	await Promise.all([
		...daemonNames.map(name => follow(store, name, paths, signal)),
		followPorts(store, paths, signal),
	]);
}

async function follow(
	store: Store<Picture>,
	name: DaemonName,
	paths: Paths,
	signal: AbortSignal,
): Promise<void> {
	const control = controlOf(name, paths);
	const note = (change: Parameters<typeof withDaemon>[2]) =>
		store.update(picture => withDaemon(picture, name, change));
	await again(
		async () => {
			let hasSpoken = false;
			let isBroken = false;
			try {
				await mustAnswer(name, paths);
				for await (const status of control.events(signal)) {
					hasSpoken = true;
					note({state: 'up', status, heardAt: Date.now(), error: undefined});
				}
			} catch (error) {
				isBroken = true;
				note({error: describeSilence(error)});
			}

			if (!signal.aborted) {
				noteEnd(store, name, {wasUp: hasSpoken, isBroken});
			}

			return hasSpoken;
		},
		pauses,
		signal,
	);
}

/** One that breaks off is lost until it is back; one that ends its stream has been asked to end. */
function noteEnd(
	store: Store<Picture>,
	name: DaemonName,
	{wasUp, isBroken}: {wasUp: boolean; isBroken: boolean},
): void {
	store.update(picture => {
		const isLost = wasUp ? isBroken : picture.daemons[name].state === 'lost';
		return withDaemon(picture, name, {state: isLost ? 'lost' : 'down'});
	});
}

/** Nothing where there is simply nobody. */
function describeSilence(error: unknown): string | undefined {
	if (error instanceof GolemError) {
		return error.code === 'NOT_REACHABLE' ? undefined : error.message;
	}

	// The system's own: of its socket's folder, most likely, which is somebody else's or none.
	return error instanceof Error && 'syscall' in error && 'code' in error
		? `It cannot be asked (${error.code}).`
		: 'What it says of itself makes no sense here; its version may not fit this one.';
}

/** Asked before each request: that costs a tenth of one, and where nothing runs it is all that there is to do. */
async function mustAnswer(name: DaemonName, paths: Paths): Promise<void> {
	if (!(await answersOnUnixSocket(paths.daemonSocket(name)))) {
		throw new GolemError('NOT_REACHABLE', `The ${name} does not run.`);
	}
}

async function followPorts(store: Store<Picture>, paths: Paths, signal: AbortSignal): Promise<void> {
	const control = controlOf('provider', paths);
	await again(
		async () => {
			let hasSpoken = false;
			try {
				await mustAnswer('provider', paths);
				for await (const ports of control.followPorts(signal)) {
					hasSpoken = true;
					store.update(picture => ({...picture, ports}));
				}
			} catch {
				// That there is no provider is told where the daemons are.
			}

			if (!signal.aborted) {
				store.update(picture => (picture.ports === undefined ? picture : {...picture, ports: undefined}));
			}

			return hasSpoken;
		},
		pauses,
		signal,
	);
}
