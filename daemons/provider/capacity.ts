import fs from 'node:fs/promises';
import os from 'node:os';
import type {Resources} from '../../source/protocol/resources.js';

const bytesPerGb = 1024 ** 3;
/** The part of memory and free storage that stays the host's own. */
const reserve = 0.2;

/**
What this machine rents out: what the settings say, else what it has. Memory counts as installed, not as free at the
moment: VMs that run already would count twice.
@param offered amounts from the settings; 0 means all that can be spared
@param reservedStorageGb promised to VMs already, on the file system that `folder` is on
*/
export async function measureCapacity(
	offered: Resources,
	{folder, reservedStorageGb}: {folder: string; reservedStorageGb: number},
): Promise<Resources> {
	const {bavail, bsize} = await fs.statfs(folder);
	const freeStorageGb = (bavail * bsize) / bytesPerGb;
	return {
		cpu: offered.cpu || os.availableParallelism(),
		memory: offered.memory || Math.floor((os.totalmem() / bytesPerGb) * (1 - reserve)),
		storage: offered.storage || Math.max(reservedStorageGb, Math.floor(freeStorageGb * (1 - reserve))),
	};
}
