import {type OwnedProcess, processesOf} from '../leftovers.js';

export type VmProcess = OwnedProcess & {kind: 'exe-unit' | 'vm'; vmId: string};

/** Supervisors and VMs, real ones and stubs, that belong to a folder. */
export async function findVmProcesses(folder: string): Promise<VmProcess[]> {
	return (await processesOf(folder)).flatMap((process): VmProcess[] => {
		const {commandLine} = process;
		const vmId = /qemu.* -name ([^ ,]+),/.exec(commandLine)?.[1];
		if (vmId !== undefined) {
			return [{...process, kind: 'vm', vmId}];
		}

		const supervised = /exe-unit\/main\.js \S*\/vms\/([^/ ]+) /.exec(commandLine)?.[1];
		return supervised === undefined ? [] : [{...process, kind: 'exe-unit', vmId: supervised}];
	});
}

/** Ends a process as the system does when there is no memory left. One that has just ended by itself is fine. */
export function killAtOnce(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// It was faster.
	}
}
