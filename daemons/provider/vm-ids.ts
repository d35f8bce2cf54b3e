import {randomBytes} from 'node:crypto';

/**
Gives VMs their ids: `golem-my-webserver-20250219-130424`, with some digits more where that may have been another one's,
which has perhaps been destroyed since. Nobody is to end a new VM who means an old one.
@param isTaken by a VM that there is
@param now in milliseconds since 1970
*/
export function createVmIds(
	isTaken: (id: string) => boolean,
	now: () => number = Date.now,
): (name: string) => string {
	// In the second of the start an earlier run may have given ids.
	let lastSecond = secondOf(now());
	let given: Set<string> | undefined;
	return name => {
		const second = secondOf(now());
		if (second > lastSecond) {
			lastSecond = second;
			given = new Set();
		}

		const id = `golem-${name}-${stampOf(second)}`;
		// Where the clock was set back, this second has been there before.
		const isNew = second === lastSecond && given !== undefined && !given.has(id) && !isTaken(id);
		given?.add(id);
		return isNew ? id : `${id}-${randomBytes(4).toString('hex')}`;
	};
}

const secondOf = (ms: number): number => Math.floor(ms / 1000);

/** `20250219-130424` */
function stampOf(second: number): string {
	return new Date(second * 1000).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
}
