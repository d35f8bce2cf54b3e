import fs from 'node:fs/promises';
import path from 'node:path';
import {ensurePrivateFolder, writeFileAtomically} from '../platform/files.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import type {Paths} from '../platform/paths.js';
import {readConfig} from '../platform/settings.js';

const patienceMs = 5000;

/**
Changes the `config.json` of a home, as a whole or not at all. Two that change it at once come one after the other, so
that neither undoes the other's work.
@returns whether there is anything else in it now
*/
export async function changeConfig(
	paths: Paths,
	change: (config: Readonly<Record<string, unknown>>) => Record<string, unknown>,
): Promise<boolean> {
	await ensurePrivateFolder(paths.home);
	const {waitForProcessLock} = await import('../platform/process-lock.js');
	const lock = await waitForProcessLock(path.join(paths.run, 'config.lock'), patienceMs);
	if (!lock) {
		throw new GolemError('CONFIG_BUSY', `Another program is changing ${paths.config}.`, {
			exitCode: exitCodes.conflict,
			hint: 'Try again.',
		});
	}

	try {
		const before = await readConfig(paths.config);
		const after = change(before);
		if (JSON.stringify(before) === JSON.stringify(after)) {
			return false;
		}

		// Some keep their settings elsewhere, with a link to them here.
		const file = await fs.realpath(paths.config).catch(() => paths.config);
		await writeFileAtomically(file, `${JSON.stringify(after, null, '\t')}\n`);
		return true;
	} finally {
		await lock.release();
	}
}

/** All but those keys. */
export function withoutKeys(
	config: Readonly<Record<string, unknown>>,
	keys: readonly string[],
): Record<string, unknown> {
	return Object.fromEntries(Object.entries(config).filter(([key]) => !keys.includes(key)));
}
