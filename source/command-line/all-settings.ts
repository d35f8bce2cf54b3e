import {daemonEnvironment} from '../daemon-control/daemon-control.js';
import {askDaemonSettings} from '../daemon-control/daemon-settings.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {daemonNames} from '../platform/paths.js';
import {describeSettings, type SettingDescription} from '../platform/setting-descriptions.js';
import {requestorSettings} from '../requestor/settings.js';
import type {Context} from './context.js';
import {namesLike} from './likeness.js';

/** Who goes by a setting: everybody, the one who rents, or a daemon. */
export const settingOwners = ['golem', 'requestor', ...daemonNames] as const;
export type SettingOwner = (typeof settingOwners)[number];

export type OwnedSetting = SettingDescription & {owner: SettingOwner};

type World = Pick<Context, 'paths' | 'sources' | 'signal'>;

/** Every setting there is, as it counts here and now. */
export async function findAllSettings({paths, sources, signal}: World): Promise<OwnedSetting[]> {
	const environment = daemonEnvironment(paths, {}, sources.environment);
	const ofDaemons = await Promise.all(
		daemonNames.map(async owner => withOwner(owner, await askDaemonSettings(owner, environment, signal))),
	);
	return [
		homeSetting({paths, sources}),
		...withOwner('requestor', describeSettings(requestorSettings, sources)),
		...ofDaemons.flat(),
	];
}

/** The setting of that name, or of that other name it answers to. @throws SETTING_UNKNOWN */
export function settingNamed(name: string, settings: readonly OwnedSetting[]): OwnedSetting {
	const found = settings.find(({name: known, aliases}) => [known, ...aliases].includes(name));
	if (!found) {
		const meant = likeSettings(name, settings);
		throw new GolemError('SETTING_UNKNOWN', `There is no setting ${name}.`, {
			exitCode: exitCodes.notFound,
			hint:
				meant.length > 0 ? `Did you mean: ${meant.join(', ')}?` : 'See all of them with: golem config list',
		});
	}

	return found;
}

/** What is wrong with a value for a setting; null where nothing is. Its owner is asked, who alone can tell. */
export async function findFault(
	{owner, name}: OwnedSetting,
	value: string,
	{paths, sources, signal}: World,
): Promise<string | null> {
	const environment = {...sources.environment, [name]: value};
	const settings =
		owner === 'requestor'
			? describeSettings(requestorSettings, {environment, dotEnv: {}, config: {}})
			: owner === 'golem'
				? []
				: await askDaemonSettings(owner, daemonEnvironment(paths, {}, environment), signal);
	return settings.find(candidate => candidate.name === name)?.fault ?? null;
}

/** Keys of `config.json` that nobody goes by, each with a word on it for people. */
export function unknownKeys(
	config: Readonly<Record<string, unknown>>,
	settings: readonly OwnedSetting[],
): Array<{key: string; remark: string}> {
	const known = new Set(
		settings.filter(({owner}) => owner !== 'golem').flatMap(({name, aliases}) => [name, ...aliases]),
	);
	return Object.keys(config)
		.filter(key => !known.has(key))
		.map(key => {
			const [meant] = likeSettings(key, settings);
			const remark =
				key === 'GOLEM_HOME'
					? 'counts in the environment only'
					: `is no setting${meant === undefined ? '' : `; did you mean ${meant}?`}`;
			return {key, remark};
		});
}

function likeSettings(name: string, settings: readonly OwnedSetting[]): string[] {
	return namesLike(
		name,
		settings.flatMap(({name: known, aliases}) => [known, ...aliases]),
		5,
	);
}

function withOwner(owner: SettingOwner, settings: readonly SettingDescription[]): OwnedSetting[] {
	return settings.map(setting => ({owner, ...setting}));
}

function homeSetting({paths, sources}: Pick<World, 'paths' | 'sources'>): OwnedSetting {
	return {
		owner: 'golem',
		name: 'GOLEM_HOME',
		aliases: [],
		value: paths.home,
		source: sources.environment['GOLEM_HOME'] ? 'environment' : 'default',
		default: '~/.golem',
		description: 'Where everything is kept; counts in the environment only',
		fault: null,
	};
}

/** A setting's value on one line. */
export function settingText(value: unknown): string {
	return Array.isArray(value)
		? value.map(settingText).join(',')
		: value === null || value === undefined
			? ''
			: String(value);
}
