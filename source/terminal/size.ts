import type {EventEmitter} from 'node:events';
import {createListeners} from './listeners.js';

export type Size = {columns: number; rows: number};

/** What tells the size of a terminal: `process.stdout`. */
export type Sized = EventEmitter & {columns?: number | undefined; rows?: number | undefined};

/** The size of a terminal as it is at any moment. */
export type SizeWatch = {
	current(): Size;
	/** Hears of each new size at once. Call what comes back to end that. */
	onChange(listener: (size: Size) => void): () => void;
	stop(): void;
};

/** Where a terminal tells none, as some serial lines do. */
const usualSize: Size = {columns: 80, rows: 24};

/** The size of that stream's terminal now. */
export const sizeOf = ({columns, rows}: Sized): Size => ({
	columns: columns || usualSize.columns,
	rows: rows || usualSize.rows,
});

/** Watches the size. */
export function watchSize(stdout: Sized): SizeWatch {
	const changes = createListeners<Size>();
	let last = sizeOf(stdout);
	const tell = () => {
		const size = sizeOf(stdout);
		// A redraw is asked for with the same event.
		if (size.columns !== last.columns || size.rows !== last.rows) {
			last = size;
			changes.tell(size);
		}
	};

	stdout.on('resize', tell);
	return {
		current: () => sizeOf(stdout),
		onChange: changes.add,
		stop() {
			stdout.off('resize', tell);
		},
	};
}
