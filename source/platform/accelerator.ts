import {constants} from 'node:fs';
import fs from 'node:fs/promises';
import os from 'node:os';

export type Accelerator = {
	kind: 'kvm' | 'hvf' | 'tcg';
	/** Why it is not the fast one; undefined where it is. */
	reason?: string;
};

/**
The fastest accelerator that really works here.

A `/dev/kvm` that opens is not proof: there are hosts whose software KVM starts a guest which then crawls. Only with the
processor's own virtualisation (`vmx` or `svm`) is it the real thing.
*/
export async function findAccelerator(): Promise<Accelerator> {
	if (process.platform === 'darwin') {
		return {kind: 'hvf'};
	}

	if (!(await hasVirtualisation())) {
		return {kind: 'tcg', reason: 'this processor offers no virtualisation'};
	}

	try {
		await fs.access('/dev/kvm', constants.R_OK | constants.W_OK);
		return {kind: 'kvm'};
	} catch {
		return {kind: 'tcg', reason: '/dev/kvm cannot be opened (is this user in the group kvm?)'};
	}
}

/** For people: `KVM`, or `TCG (emulated: …)`. */
export function describeAccelerator({kind, reason}: Accelerator): string {
	return reason === undefined ? kind.toUpperCase() : `${kind.toUpperCase()} (emulated: ${reason})`;
}

async function hasVirtualisation(): Promise<boolean> {
	if (os.arch() === 'arm64') {
		return true;
	}

	const cpuinfo = await fs.readFile('/proc/cpuinfo', 'utf8').catch(() => '');
	return /^flags\s*:.*\b(?:vmx|svm)\b/m.test(cpuinfo);
}
