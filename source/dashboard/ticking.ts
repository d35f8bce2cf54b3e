import type {Picture} from './picture.js';
import {topView, type UiState} from './ui-state.js';

const messageMs = 8000;
/** How often times that are told in minutes are looked at: nothing is drawn where nothing goes on. */
const idleTickMs = 30_000;

/** What a second that has passed changes; a clock that was set back is another time, too. */
export function tick(ui: UiState, picture: Picture, now: number): UiState {
	const {message} = ui;
	const known = message && isOver(message.at, messageMs, now) ? {...ui, message: undefined} : ui;
	return showsSeconds(picture, ui) || isOver(ui.now, idleTickMs, now) ? {...known, now} : known;
}

function isOver(since: number, durationMs: number, now: number): boolean {
	return now < since || now - since >= durationMs;
}

/** Is there something on the screen that is another one each second? */
function showsSeconds({directory, vms}: Picture, ui: UiState): boolean {
	const view = topView(ui);
	if (view?.kind === 'activity') {
		return ui.activities.some(({id, state}) => id === view.id && state === 'running');
	}

	if (view?.kind === 'vm') {
		return vms.get(view.name)?.isLive === false;
	}

	return directory.servers.some(({state}) => state === 'failed');
}
