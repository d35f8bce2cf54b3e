import {spawnSync} from 'node:child_process';

/**
Notes how the terminal is set, before somebody else uses it.
@returns sets it so again; where that cannot be done, it stays as it is
*/
export function saveTtyMode(): () => void {
	const saved = stty(['-g']);
	return () => {
		if (saved) {
			stty([saved]);
		}
	};
}

/** Waits for it: between the two nobody else must use the terminal. */
function stty(args: string[]): string | undefined {
	const {status, stdout} = spawnSync('stty', args, {
		stdio: ['inherit', 'pipe', 'ignore'],
		encoding: 'utf8',
		timeout: 2000,
	});
	return status === 0 ? stdout.trim() : undefined;
}
