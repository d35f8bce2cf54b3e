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
Memory counts as installed and storage with what the VMs have written: what they use already would else count twice.
@param vmsFolder of which the file system holds the VMs' disks
*/
export async function measureMachine(vmsFolder: string): Promise<Machine> {
	const {bavail, bsize} = await fs.statfs(vmsFolder);
	return {
		cores: os.availableParallelism(),
		memoryBytes: os.totalmem(),
		storageBytes: bavail * bsize + (await usedBytes(vmsFolder)),
	};
}

/** Space that the files of all VMs take; a disk's file has holes, so its size says nothing. */
async function usedBytes(vmsFolder: string): Promise<number> {
	const files = await fs.readdir(vmsFolder, {recursive: true});
	const sizes = await Promise.all(
		files.map(async file => {
			try {
				return (await fs.stat(path.join(vmsFolder, file))).blocks * 512;
			} catch (error) {
				if (isErrno(error, 'ENOENT')) {
					return 0;
				}

				throw error;
			}
		}),
	);
	return sizes.reduce((sum, size) => sum + size, 0);
}
