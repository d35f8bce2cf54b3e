import * as z from 'zod';
import {graphemes} from '../components/display-text.js';
import {GolemError} from '../platform/golem-error.js';
import {controlKeys, letterKeys, numberKeys} from '../terminal/key-names.js';
import {type ActionId, type Binding, bindings, type Place} from './bindings.js';

export type Keymap = {
	/** The binding of a key there; a pane's own come before those of everywhere. */
	find(key: string, places: readonly Place[]): Binding | undefined;
	/** Those that hold there, each once. */
	at(places: readonly Place[]): Binding[];
	keysOf(id: ActionId): readonly string[];
};

/** `"keys": {"vm.ssh": ["e"], "quit": ["q"]}` in `config.json`. */
const configSchema = z.record(z.string(), z.array(z.string().min(1)).min(1));

/**
@param config what the configuration says under `keys`; nothing where it says nothing
@throws SETTINGS_INVALID for an action or a key there is not, or two actions for one key in one place
*/
export function createKeymap(config: unknown = {}): Keymap {
	const changed = parseConfig(config);
	const known: readonly Binding[] = bindings;
	const all = known.map(binding => ({...binding, keys: changed[binding.id] ?? binding.keys}));
	refuseTwice(all);
	const at = (places: readonly Place[]) =>
		places.flatMap(place => all.filter(binding => binding.places.includes(place)));
	return {
		find: (key, places) => at(places).find(({keys}) => keys.includes(key)),
		at: places => [...new Set(at(places))],
		keysOf: id => all.find(binding => binding.id === id)?.keys ?? [],
	};
}

function parseConfig(config: unknown): Readonly<Record<string, readonly string[]>> {
	const parsed = configSchema.safeParse(config);
	if (!parsed.success) {
		const [action] = parsed.error.issues[0]?.path ?? [];
		throw badKeys(
			action === undefined
				? '«keys» must be an object of actions, each with a list of its keys.'
				: `The keys of «${String(action)}» must be a list of at least one, such as ["q", "ctrl-x"].`,
		);
	}

	for (const [id, keys] of Object.entries(parsed.data)) {
		if (!bindings.some(binding => binding.id === id)) {
			throw badKeys(`There is no action «${id}» under «keys».`);
		}

		const strange = keys.find(key => !isKey(key));
		if (strange !== undefined) {
			throw badKeys(
				`There is no key «${strange}», which is given to ${id}; keys are written like q, G, ctrl-x, alt-b, shift-tab, pageup or space.`,
			);
		}
	}

	return parsed.data;
}

const keyNames = new Set([
	'space',
	...[letterKeys, numberKeys, controlKeys].flatMap(names => Object.values(names)),
]);

/** Is it written as `keyOf` writes the key that is pressed? */
function isKey(key: string): boolean {
	const [, shift, name = ''] = /^(?:ctrl-)?(?:alt-)?(shift-)?(.+)$/u.exec(key) ?? [];
	return keyNames.has(name)
		? !(shift && name === 'space')
		: !shift && graphemes(name).length === 1 && name !== ' ';
}

function refuseTwice(all: readonly Binding[]): void {
	const taken = new Map<string, string>();
	for (const {id, keys, places} of all) {
		for (const place of places) {
			for (const key of keys) {
				const other = taken.get(`${place} ${key}`);
				if (other !== undefined && other !== id) {
					throw badKeys(`The key ${key} is given to both ${other} and ${id}.`);
				}

				taken.set(`${place} ${key}`, id);
			}
		}
	}
}

function badKeys(message: string): GolemError {
	return new GolemError('SETTINGS_INVALID', message, {
		exitCode: 2,
		hint: 'Correct «keys» in config.json; `?` in the dashboard shows the names of actions.',
	});
}

const shownKeys: Readonly<Record<string, string>> = {
	up: '↑',
	down: '↓',
	left: '←',
	right: '→',
	pageup: 'PgUp',
	pagedown: 'PgDn',
	enter: 'Enter',
	escape: 'Esc',
	tab: 'Tab',
	'shift-tab': 'Shift-Tab',
	home: 'Home',
	end: 'End',
	space: 'Space',
	f1: 'F1',
};

/** A key as people write it. */
export function showKey(key: string): string {
	return shownKeys[key] ?? key.replace(/^ctrl-(.)$/, (_, letter: string) => `Ctrl-${letter.toUpperCase()}`);
}
