/** Listeners of one thing. */
export function createListeners<Event>() {
	const listeners = new Set<(event: Event) => void>();
	return {
		add(listener: (event: Event) => void) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		isEmpty: () => listeners.size === 0,
		tell(event: Event) {
			for (const listener of [...listeners]) {
				listener(event);
			}
		},
	};
}
