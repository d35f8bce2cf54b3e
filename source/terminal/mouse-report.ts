import type {MouseButton, MouseEvent} from './input-event.js';

/** What stands in a report of the mouse in the form that mode 1006 asks for. */
type MouseReport = {
	code: number;
	/** Counted from 1, as terminals do. */
	column: number;
	row: number;
	isRelease: boolean;
};

const buttons: readonly MouseButton[] = ['left', 'middle', 'right', 'none'];

/** What was done with the mouse; undefined for wheels to the side and buttons beyond the third. */
export function mouseEvent({code, column, row, isRelease}: MouseReport): MouseEvent | undefined {
	const place = {
		x: column - 1,
		y: row - 1,
		shift: (code & 4) !== 0,
		meta: (code & 8) !== 0,
		ctrl: (code & 16) !== 0,
	};
	if (code >= 64) {
		const isUpOrDown = code < 128 && (code & 3) < 2;
		return isUpOrDown && !isRelease
			? {type: 'mouse', action: (code & 1) === 0 ? 'wheel-up' : 'wheel-down', button: 'none', ...place}
			: undefined;
	}

	const button = buttons[code & 3] ?? 'none';
	const isMoving = (code & 32) !== 0;
	const moving = button === 'none' ? 'move' : 'drag';
	const pressing = isRelease || button === 'none' ? 'release' : 'press';
	return {type: 'mouse', action: isMoving && !isRelease ? moving : pressing, button, ...place};
}
