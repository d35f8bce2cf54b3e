import fs from 'node:fs/promises';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {temporaryFolder} from '../../support/temporary-folder.js';

/** Nobody's, where this runs as root; else this one is ordinary enough. */
export const ordinaryUser = process.getuid?.() === 0 ? 65_534 : undefined;

/** Somebody who is not root, with a systemd that writes down what it is told, and does little of it. */
export async function personWithSystemd(t: ExecutionContext) {
	const home = await temporaryFolder(t);
	const programs = path.join(home, 'bin');
	const calls = path.join(home, 'calls');
	const enabled = path.join(home, 'enabled');
	const state = path.join(home, 'state');
	await fs.mkdir(programs);
	await fs.writeFile(
		path.join(programs, 'systemctl'),
		[
			'#!/bin/sh',
			`echo "$*" >> ${calls}`,
			'case "$2" in',
			`is-enabled) test -e ${enabled} ;;`,
			`show) test "$3" != --property=ActiveState || cat ${state} 2>/dev/null ;;`,
			`stop) rm -f ${state} ;;`,
			`enable) touch ${enabled} ;;`,
			`disable) rm -f ${enabled} ;;`,
			// As systemd does where nothing runs.
			`restart) $(sed -n 's/^ExecStart=//p' "$XDG_CONFIG_HOME/systemd/user/$3") > /dev/null 2>&1 || {`,
			'echo "Job for $3 failed because the control process exited with error code." >&2; exit 1; } ;;',
			'esac',
		].join('\n'),
		{mode: 0o755},
	);
	if (ordinaryUser !== undefined) {
		await fs.chown(home, ordinaryUser, ordinaryUser);
	}

	return {
		home,
		unitFile: path.join(home, '.config', 'systemd', 'user', 'golem-discovery.service'),
		options: {
			home,
			userId: ordinaryUser,
			environment: {PATH: `${programs}:${process.env['PATH']}`, XDG_CONFIG_HOME: path.join(home, '.config')},
		},
		/** What it was told since the last time that this was asked. */
		async calls(): Promise<string[]> {
			const text = await fs.readFile(calls, 'utf8').catch(() => '');
			await fs.rm(calls, {force: true});
			return text.split('\n').filter(Boolean);
		},
		/** A daemon has failed, and systemd waits for a moment before it starts it again. */
		isAboutToStart: () => fs.writeFile(state, 'activating\n'),
	};
}
