/** A value that changes, and those who follow it. */
export type LiveValue<Value> = {
	get(): Value;
	set(value: Value): void;
	/** The value as it is, then each later one. A slow reader skips to the newest: nothing is queued for it. */
	follow(signal: AbortSignal): AsyncGenerator<Value>;
};

export function createLiveValue<Value>(initial: Value): LiveValue<Value> {
	let current = initial;
	const followers = new Set<() => void>();
	return {
		get: () => current,
		set(value) {
			current = value;
			for (const notify of followers) {
				notify();
			}
		},
		async *follow(signal) {
			let hasNews = true;
			let wake = () => {};
			const notify = () => {
				hasNews = true;
				wake();
			};
			followers.add(notify);
			signal.addEventListener('abort', notify, {once: true});
			try {
				while (!signal.aborted) {
					hasNews = false;
					yield current;
					if (!hasNews) {
						await new Promise<void>(resolve => {
							wake = resolve;
						});
					}
				}
			} finally {
				followers.delete(notify);
				signal.removeEventListener('abort', notify);
			}
		},
	};
}
