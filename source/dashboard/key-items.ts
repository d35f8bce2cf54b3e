import type {PickerItem} from '../components/list-picker-state.js';
import {actionOf} from './actions/all-actions.js';
import {type ActionId, bindings, type Place} from './bindings.js';
import {showKey} from './keymap.js';
import {placesOf} from './places.js';
import type {Runtime} from './runtime.js';
import {withoutTopView} from './ui-state.js';

/** Every action, those of here first; each with its key, and why it cannot be done where it cannot. */
export function paletteItems(seen: Runtime): PickerItem[] {
	const runtime = underneath(seen);
	const here = placesOf(runtime.ui.get());
	const isHere = (id: ActionId) => runtime.keymap.at(here).some(binding => binding.id === id);
	return bindings
		.filter(({id}) => actionOf(id) && !['palette', 'back'].includes(id))
		.toSorted((one, other) => Number(isHere(other.id)) - Number(isHere(one.id)))
		.map(({id, help}) => {
			const action = actionOf(id);
			const reason = action?.unavailable?.(runtime);
			const command = reason === undefined ? action?.command?.(runtime) : undefined;
			return {
				id,
				label: help,
				detail: command ?? (reason && `not now: ${reason}`) ?? '',
				mark: keysText(runtime, id),
				keywords: id,
			};
		});
}

/** The keys of a place. */
export function helpItems({keymap}: Runtime, of: string): PickerItem[] {
	const places: Place[] = isPane(of) ? [of as Place, 'main', 'everywhere'] : [of as Place, 'everywhere'];
	return keymap.at(places).map(({id, keys, help}) => ({
		id,
		label: `${keys.map(showKey).join(' ').padEnd(14)} ${help}`,
		mark: id,
	}));
}

const isPane = (place: string) => ['vms', 'providers', 'ports', 'daemons'].includes(place);

/** What actions will find when the palette has made way for them. */
function underneath(runtime: Runtime): Runtime {
	let state = runtime.ui.get();
	while (state.views.length > 0 && placesOf(state).length === 0) {
		state = withoutTopView(state);
	}

	return {...runtime, ui: {...runtime.ui, get: () => state}};
}

function keysText({keymap}: Runtime, id: ActionId): string {
	return keymap.keysOf(id).map(showKey).join(' ');
}
