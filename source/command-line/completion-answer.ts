import path from 'node:path';
import {fileExists} from '../platform/files.js';
import {exitCodes} from '../platform/golem-error.js';
import {defaultHome, golemPaths, type Paths} from '../platform/paths.js';
import {printable} from '../platform/printable.js';
import {readSettingSources, resolveSettings, type SettingSources} from '../platform/settings.js';
import type {Advertisement} from '../protocol/advertisement.js';
import {requestorSettings} from '../requestor/settings.js';
import {type Candidate, complete, type LiveKind} from './completion.js';

/** Somebody waits with a finger on the tab key. */
const networkPatienceMs = 1000;
const maximumMeaning = 100;

/** A shell puts words into the command line as they are, and many of them are strangers' words. */
const harmless = /^[\w.,:@%+/=-]+$/;

/**
Prints what could stand at the cursor, `word<tab>what it is` a line. Whatever goes wrong, nobody is told: there is a
half-written line on the terminal.
@param argv the shell's name, `--`, and the words
*/
export async function answerCompletion(argv: readonly string[]): Promise<number> {
	const words = argv.slice(argv.indexOf('--') + 1);
	const candidates = await complete(words, findLive).catch(() => []);
	const lines = candidates
		.filter(({word}) => harmless.test(word))
		.map(({word, meaning}) => `${word}\t${printable(meaning).slice(0, maximumMeaning)}`);
	process.stdout.write([...new Set(lines)].map(line => `${line}\n`).join(''));
	return exitCodes.done;
}

async function findLive(kind: LiveKind): Promise<Candidate[]> {
	try {
		const paths = golemPaths(defaultHome());
		const sources = await readSettingSources({cwd: process.cwd(), config: paths.config});
		const world = {paths, sources};
		return await finders[kind](world);
	} catch {
		return [];
	}
}

type World = {paths: Paths; sources: SettingSources};

const finders: Readonly<Record<LiveKind, (world: World) => Promise<Candidate[]>>> = {
	vm: findVms,
	provider: findProviders,
	image: findImages,
	setting: findSettings,
};

/** As it is written down here; nobody is asked, and nothing is made that is not there. */
async function findVms({paths, sources}: World): Promise<Candidate[]> {
	const {database} = resolveSettings(requestorSettings, sources).values;
	const file = database ? path.resolve(database) : paths.rentals;
	if (!(await fileExists(file))) {
		return [];
	}

	const {openRentals} = await import('../requestor/rentals.js');
	const rentals = await openRentals(file);
	try {
		return (await rentals.entries()).map(([name, {resources, image}]) => ({
			word: name,
			meaning: `${resources.cpu} cores, ${resources.memory} GB${image === null ? '' : `, ${image}`}`,
		}));
	} finally {
		await rentals.close();
	}
}

async function findProviders(world: World): Promise<Candidate[]> {
	return (await askDiscovery(world)).map(({provider_id, name, country, resources}) => ({
		word: provider_id,
		meaning: `${name ?? 'a provider'} (${country}), ${resources.cpu} cores, ${resources.memory} GB free`,
	}));
}

/** Those that can be built here, and those that providers say they have. */
async function findImages(world: World): Promise<Candidate[]> {
	const {listImages} = await import('../setup/image.js');
	const [known, offered] = await Promise.all([
		listImages(world.paths.images).catch(() => []),
		askDiscovery(world).catch(() => []),
	]);
	const ours = known.map(({name, description}) => ({word: name, meaning: description}));
	const theirs = [...new Set(offered.flatMap(({images}) => images ?? []))]
		.filter(name => !ours.some(({word}) => word === name))
		.map(name => ({word: name, meaning: 'offered by a provider'}));
	return [...ours, ...theirs];
}

async function findSettings({paths, sources}: World): Promise<Candidate[]> {
	const {findAllSettings} = await import('./all-settings.js');
	const signal = new AbortController().signal;
	const settings = await findAllSettings({paths, sources, signal});
	return settings.map(({name, description}) => ({word: name, meaning: description}));
}

async function askDiscovery({paths, sources}: World): Promise<Advertisement[]> {
	const {createRequestor} = await import('../requestor/requestor.js');
	const requestor = createRequestor(paths, sources);
	return requestor.findProviders({limit: 1000}, AbortSignal.timeout(networkPatienceMs));
}
