/** A value outside of React, and those who want to hear of its changes. */
export type Store<Value> = {
	get(): Value;
	/** Those who listen hear of it once, however many changes come together. */
	update(change: (value: Value) => Value): void;
	subscribe(listener: () => void): () => void;
};

/**
@param schedule when to tell: at once, or collected; a change that comes before it is due goes with it
*/
export function createStore<Value>(
	initial: Value,
	schedule: (tell: () => void) => void = tell => tell(),
): Store<Value> {
	let value = initial;
	let isDue = false;
	const listeners = new Set<() => void>();
	const tell = () => {
		isDue = false;
		for (const listener of [...listeners]) {
			// One of them may have ended what another wanted to hear.
			if (listeners.has(listener)) {
				listener();
			}
		}
	};
	return {
		get: () => value,
		update(change) {
			const next = change(value);
			if (Object.is(next, value)) {
				return;
			}

			value = next;
			if (!isDue) {
				isDue = true;
				schedule(tell);
			}
		},
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
	};
}

/** Tells after that time; the timer keeps no process alive. */
export const collected =
	(delayMs: number) =>
	(tell: () => void): void => {
		setTimeout(tell, delayMs).unref();
	};
