import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {isErrno} from '../../source/platform/files.js';
import type {Resources} from '../../source/protocol/resources.js';

const bytesPerGb = 1024 ** 3;

/** What a machine has, in cores and bytes. */
export type Machine = {cores: number; memoryBytes: number; storageBytes: number};

/**
What is rented out: what the settings say, else what the machine has, less a reserve for the machine itself. The reserve of
cores is rounded down to whole ones: a core cannot be rented in part.
@param offered amounts from the settings; 0 means all that can be spared
*/
export function planCapacity(offered: Resources, machine: Machine, reservePercent: number): Resources {
	const spare = (bytes: number) => Math.floor((bytes * (100 - reservePercent)) / (100 * bytesPerGb));
	return {
		cpu: offered.cpu || machine.cores - Math.floor((machine.cores * reservePercent) / 100),
		memory: offered.memory || spare(machine.memoryBytes),
		storage: offered.storage || spare(machine.storageBytes),
	};
}

/**
Memory counts as installed and storage with what the VMs have written that hold it: what they use already would else
count twice. What a VM has written that failed is not free, and nobody's.
@param vmsFolder of which the file system holds the VMs' disks
@param holders ids of the VMs that hold storage
*/
export async function measureMachine(vmsFolder: string, holders: readonly string[]): Promise<Machine> {
	const {bavail, bsize} = await fs.statfs(vmsFolder);
	const used = await Promise.all(holders.map(vmId => usedBytes(path.join(vmsFolder, vmId))));
	return {
		cores: os.availableParallelism(),
		memoryBytes: os.totalmem(),
		storageBytes: bavail * bsize + used.reduce((sum, bytes) => sum + bytes, 0),
	};
}

/** Space that the files of a VM take; a disk's file has holes, so its size says nothing. One that is gone takes none. */
async function usedBytes(folder: string): Promise<number> {
	try {
		const files = await fs.readdir(folder);
		const sizes = await Promise.all(
			files.map(async file => (await fs.stat(path.join(folder, file))).blocks * 512),
		);
		return sizes.reduce((sum, size) => sum + size, 0);
	} catch (error) {
		if (isErrno(error, 'ENOENT', 'ENOTDIR')) {
			return 0;
		}

		throw error;
	}
}
