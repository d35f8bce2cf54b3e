import fs from 'node:fs/promises';
import path from 'node:path';
import {isErrno} from '../../source/platform/files.js';
import type {Log} from '../../source/platform/log.js';
import type {Paths} from '../../source/platform/paths.js';
import {findProcesses, killProcess} from '../../source/platform/process.js';
import {exeUnitShortName, exeUnitUplinkPrefix, exeUnitUplinksFolder} from '../../source/protocol/exe-unit.js';
import {type ExeUnit, removeRemains} from './exe-units.js';

export type ReclamationOptions = {
	paths: Pick<Paths, 'providerVms' | 'run'>;
	/** Every VM there is, at the moment of the call. */
	vmIds: () => Iterable<string>;
	/** Those that have failed: nothing of them may run. */
	failedVmIds: () => Iterable<string>;
	exeUnitOf: (vmId: string) => Pick<ExeUnit, 'destroy'>;
	log: Log;
};

/**
Finds what belongs to no VM any more (disks, seeds, sockets, locks, processes), and releases it. Each thing is first
looked for and then compared with the VMs of that moment: a VM is known before anything is made for it, and until
nothing of it is left.
@returns what was released, by name
*/
export async function reclaim(options: ReclamationOptions): Promise<string[]> {
	const steps = [reclaimFolders, reclaimSockets, reclaimUplinks, endFailedVms];
	const released: string[] = [];
	for (const step of steps) {
		try {
			released.push(...(await step(options)));
		} catch (error) {
			// What could not be released now is found again the next time.
			options.log.error({err: error}, 'reclamation was cut short');
		}
	}

	return released;
}

/** The folders of VMs that nobody knows: a creation that was cut short. */
async function reclaimFolders({paths, vmIds, exeUnitOf, log}: ReclamationOptions): Promise<string[]> {
	const found = await list(paths.providerVms);
	const ownerless = without(found, vmIds());
	for (const vmId of ownerless) {
		log.warn({vm_id: vmId}, 'removing what is left of a VM that never came to be');
		await exeUnitOf(vmId).destroy({keepFiles: false});
	}

	return ownerless;
}

/** Sockets, locks and processes go by the VM's short name; a process names its sockets in its command line. */
async function reclaimSockets({paths, vmIds, log}: ReclamationOptions): Promise<string[]> {
	const folder = path.join(paths.run, 'vm');
	const files = (await list(folder)).map(name => path.join(folder, name));
	const processes = (await findProcesses(`${folder}/`)).map(({commandLine}) => commandLine);
	const found = [...files, ...processes].flatMap(text => readShortNames(text, folder));
	const ownerless = without(new Set(found), [...vmIds()].map(exeUnitShortName));
	for (const name of ownerless) {
		log.warn({short_name: name}, 'removing sockets and processes of a VM that is not there any more');
		await removeRemains(name, paths);
	}

	return ownerless;
}

async function reclaimUplinks({paths, vmIds, log}: ReclamationOptions): Promise<string[]> {
	const prefix = exeUnitUplinkPrefix(paths.providerVms);
	const found = (await list(exeUnitUplinksFolder)).filter(name => name.startsWith(prefix));
	const ownerless = without(
		found,
		[...vmIds()].map(vmId => `${prefix}${exeUnitShortName(vmId)}`),
	);
	for (const name of ownerless) {
		log.warn({uplink: name}, 'removing the uplink of a VM that is not there any more');
		const folder = path.join(exeUnitUplinksFolder, name);
		for (const {pid} of await findProcesses(`${folder}/`)) {
			await killProcess(pid);
		}

		await fs.rm(folder, {recursive: true, force: true});
	}

	return ownerless;
}

/** A VM that failed has given back its resources: were it still running, they would be promised twice. */
async function endFailedVms({paths, failedVmIds, exeUnitOf, log}: ReclamationOptions): Promise<string[]> {
	const ended: string[] = [];
	for (const vmId of failedVmIds()) {
		const processes = await findProcesses(`${path.join(paths.run, 'vm', exeUnitShortName(vmId))}.`);
		if (processes.length > 0 && [...failedVmIds()].includes(vmId)) {
			log.warn(
				{vm_id: vmId, pids: processes.map(({pid}) => pid)},
				'ending what still runs of a VM that has failed',
			);
			await exeUnitOf(vmId).destroy({keepFiles: true});
			ended.push(vmId);
		}
	}

	return ended;
}

function readShortNames(text: string, folder: string): string[] {
	return text
		.split(`${folder}/`)
		.slice(1)
		.flatMap(rest => /^[0-9a-f]{12}/.exec(rest) ?? []);
}

function without(names: Iterable<string>, known: Iterable<string>): string[] {
	const knownNames = new Set(known);
	return [...names].filter(name => !knownNames.has(name));
}

async function list(folder: string): Promise<string[]> {
	try {
		return await fs.readdir(folder);
	} catch (error) {
		if (isErrno(error, 'ENOENT', 'EACCES')) {
			return [];
		}

		throw error;
	}
}
