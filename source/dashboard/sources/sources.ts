import path from 'node:path';
import {daemonNames, type Paths} from '../../platform/paths.js';
import {resolveSettings, type SettingSources} from '../../platform/settings.js';
import {createProviderDirectory, type ProviderDirectory} from '../../requestor/provider-directory.js';
import {createRequestor, type Requestor} from '../../requestor/requestor.js';
import {requestorSettings} from '../../requestor/settings.js';
import {type Picture, withDaemon} from '../picture.js';
import {messageOf} from '../runtime.js';
import type {Store} from '../store.js';
import {followDaemons} from './local-daemons.js';
import {followRentals} from './rented-vms.js';

export type Sources = {
	requestor: Requestor;
	directory: ProviderDirectory;
	/** Call it once the signal has ended them. */
	close(): Promise<void>;
};

/** Keeps all of the picture as it is, until the signal ends it. */
export function followEverything(
	picture: Store<Picture>,
	{paths, sources, signal}: {paths: Paths; sources: SettingSources; signal: AbortSignal},
): Sources {
	const {values: settings} = resolveSettings(requestorSettings, sources);
	const requestor = createRequestor(paths, sources);
	const directory = createProviderDirectory({
		urls: settings.discoveryUrls,
		onChange: known => picture.update(state => ({...state, directory: known})),
		signal,
	});
	picture.update(state => ({...state, directory: directory.picture()}));
	const rentalsFile = settings.database ? path.resolve(settings.database) : paths.rentals;
	const following = Promise.allSettled([
		followDaemons(picture, paths, signal).catch((error: unknown) =>
			picture.update(state => withoutDaemons(state, messageOf(error))),
		),
		followRentals(picture, requestor, rentalsFile, signal),
		requestor.identity().then(({id}) => picture.update(state => ({...state, identity: id}))),
	]);
	return {
		requestor,
		directory,
		async close() {
			await following;
			await requestor.close();
		},
	};
}

/** Where they cannot even be asked, as with a home too deep for a socket. */
function withoutDaemons(picture: Picture, error: string): Picture {
	return daemonNames.reduce((known, name) => withDaemon(known, name, {state: 'down', error}), picture);
}
