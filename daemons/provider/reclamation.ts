import type {Dirent} from 'node:fs';
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
	/** Where the uplinks of all homes are, if not where they always are. */
	uplinksFolder?: string;
	log: Log;
};

/** A supervisor of a VM that nobody knows may be about to end by itself. */
const supervisorPatienceMs = 2000;

/**
Finds what belongs to no VM any more (disks, seeds, sockets, locks, processes), and releases it. Each thing is first
looked for and then compared with the VMs of that moment: a VM is known before anything is made for it, and until
nothing of it is left.
@returns what was released, by name
*/
export async function reclaim(options: ReclamationOptions): Promise<string[]> {
	const released: string[] = [];
	for (const find of [findFolders, findSockets, findUplinks, findFailedVms]) {
		for (const {name, release} of await find(options)) {
			try {
				await release();
				released.push(name);
			} catch (error) {
				// It is found again the next time.
				options.log.error({err: error, name}, 'could not be released');
			}
		}
	}

	return released;
}

/** Something that no VM has, and how to be rid of it. */
type Find = {name: string; release: () => Promise<void>};

/** The folders of VMs that nobody knows: a creation that was cut short. */
async function findFolders({paths, vmIds, exeUnitOf, log}: ReclamationOptions): Promise<Find[]> {
	const folders = (await list(paths.providerVms)).filter(entry => entry.isDirectory());
	return without(
		folders.map(({name}) => name),
		vmIds(),
	).map(vmId => ({
		name: vmId,
		async release() {
			log.warn({vm_id: vmId}, 'removing what is left of a VM that never came to be');
			await exeUnitOf(vmId).destroy({keepFiles: false});
		},
	}));
}

/** Sockets, locks and processes go by the VM's short name; a process names its sockets in its command line. */
async function findSockets({paths, vmIds, log}: ReclamationOptions): Promise<Find[]> {
	const folder = path.join(paths.run, 'vm');
	const files = (await list(folder)).map(({name}) => path.join(folder, name));
	const processes = (await findProcesses(`${folder}/`)).map(({commandLine}) => commandLine);
	const found = new Set([...files, ...processes].flatMap(text => readShortNames(text, folder)));
	return without(found, [...vmIds()].map(exeUnitShortName)).map(name => ({
		name,
		async release() {
			log.warn({short_name: name}, 'removing sockets and processes of a VM that is not there any more');
			await removeRemains(name, paths, {patienceMs: supervisorPatienceMs});
		},
	}));
}

async function findUplinks({
	paths,
	uplinksFolder = exeUnitUplinksFolder,
	vmIds,
	log,
}: ReclamationOptions): Promise<Find[]> {
	const prefix = exeUnitUplinkPrefix(paths.providerVms);
	const processes = await findProcesses(path.join(uplinksFolder, prefix), {hidesItself: true});
	const names = [
		...(await list(uplinksFolder)).map(({name}) => name),
		// One whose folder is gone already.
		...processes.flatMap(({commandLine}) =>
			commandLine
				.split(`${uplinksFolder}/`)
				.slice(1)
				.flatMap(rest => /^[0-9a-f-]+/.exec(rest) ?? []),
		),
	];
	const found = new Set(names.filter(name => name.startsWith(prefix)));
	return without(
		found,
		[...vmIds()].map(vmId => `${prefix}${exeUnitShortName(vmId)}`),
	).map(name => ({
		name,
		async release() {
			log.warn({uplink: name}, 'removing the uplink of a VM that is not there any more');
			const folder = path.join(uplinksFolder, name);
			for (const {pid} of await findProcesses(`${folder}/`, {hidesItself: true})) {
				await killProcess(pid);
			}

			await fs.rm(folder, {recursive: true, force: true});
		},
	}));
}

/** A VM that failed has given back its resources: were it still running, they would be promised twice. */
async function findFailedVms({paths, failedVmIds, exeUnitOf, log}: ReclamationOptions): Promise<Find[]> {
	const found: Find[] = [];
	for (const vmId of failedVmIds()) {
		const processes = await findProcesses(path.join(paths.run, 'vm', exeUnitShortName(vmId)));
		if (processes.length > 0 && [...failedVmIds()].includes(vmId)) {
			found.push({
				name: vmId,
				async release() {
					if (![...failedVmIds()].includes(vmId)) {
						return;
					}

					const pids = processes.map(({pid}) => pid);
					log.warn({vm_id: vmId, pids}, 'ending what still runs of a VM that has failed');
					await exeUnitOf(vmId).destroy({keepFiles: true});
				},
			});
		}
	}

	return found;
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

async function list(folder: string): Promise<Dirent[]> {
	try {
		return await fs.readdir(folder, {withFileTypes: true});
	} catch (error) {
		if (isErrno(error, 'ENOENT', 'EACCES')) {
			return [];
		}

		throw error;
	}
}
