import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {exeUnitOf} from '../../../daemons/provider/exe-units.js';
import {type ReclamationOptions, reclaim} from '../../../daemons/provider/reclamation.js';
import {fileExists} from '../../../source/platform/files.js';
import {golemPaths} from '../../../source/platform/paths.js';
import {isProcessAlive} from '../../../source/platform/process.js';
import {exeUnitFileEndings, exeUnitShortName} from '../../../source/protocol/exe-unit.js';
import {createTestLog} from '../../support/log.js';
import {eventually, whenTrue} from '../../support/waiting.js';

/** A process that only waits, with these words in its command line; it ends with this one at the latest. */
export async function startWaiting(t: ExecutionContext, ...words: string[]): Promise<ChildProcess> {
	const child = spawn('sh', ['-c', 'read line', 'waiting', ...words], {stdio: ['pipe', 'ignore', 'ignore']});
	t.teardown(() => child.kill('SIGKILL'));
	await eventually('the process has its command line', async () =>
		whenTrue(await isProcessAlive(child.pid ?? 0, words.at(-1))),
	);
	return child;
}

export const hasBeenKilled = (child: ChildProcess) =>
	eventually('the process was killed', () => whenTrue(child.signalCode === 'SIGKILL'));

/** A provider's home, with what there is of its VMs: folders, sockets, locks, processes. */
export type Home = ReturnType<typeof createHome>;

export function createHome(t: ExecutionContext, folder: string) {
	const {log, entries} = createTestLog();
	const paths = golemPaths(folder);
	const folderOf = (vmId: string) => path.join(paths.providerVms, vmId);
	/** The beginning of all its sockets. */
	const socketBaseOf = (vmId: string) => path.join(paths.run, 'vm', exeUnitShortName(vmId));

	async function makeFolder(vmId: string): Promise<void> {
		await fs.mkdir(folderOf(vmId), {recursive: true});
		await fs.writeFile(path.join(folderOf(vmId), 'disk.qcow2'), `the disk of ${vmId}`);
	}

	/** Real sockets, on which somebody listens, and a lock that nobody holds. */
	async function makeSockets(vmId: string): Promise<void> {
		const {lock, ...sockets} = exeUnitFileEndings;
		const base = socketBaseOf(vmId);
		await fs.mkdir(path.dirname(base), {recursive: true});
		await fs.writeFile(`${base}${lock}`, '');
		for (const ending of Object.values(sockets)) {
			const server = net.createServer(socket => socket.destroy());
			server.listen(`${base}${ending}`);
			await once(server, 'listening');
			t.teardown(() => server.close());
		}
	}

	/** As QEMU: it names its sockets in its command line. */
	function startProcess(vmId: string): Promise<ChildProcess> {
		const monitor = `${socketBaseOf(vmId)}${exeUnitFileEndings.monitor}`;
		return startWaiting(t, '-qmp', `unix:${monitor},server=on,wait=off`);
	}

	return {
		paths,
		entries,
		folderOf,
		socketBaseOf,
		makeFolder,
		makeSockets,
		startProcess,
		/** All of it. */
		async makeVm(vmId: string): Promise<ChildProcess> {
			await makeFolder(vmId);
			await makeSockets(vmId);
			return startProcess(vmId);
		},
		hasFolder: (vmId: string) => fileExists(path.join(folderOf(vmId), 'disk.qcow2')),
		/** The endings of the files that there are of it beside its folder. */
		async socketsOf(vmId: string): Promise<string[]> {
			const all = Object.values(exeUnitFileEndings);
			const isThere = await Promise.all(all.map(ending => fileExists(`${socketBaseOf(vmId)}${ending}`)));
			return all.filter((_, index) => isThere[index]);
		},
		/** @param known every VM there is; those that have failed are among them */
		reclaim: (
			known: readonly string[],
			failed: readonly string[] = [],
			change: Partial<ReclamationOptions> = {},
		) =>
			reclaim({
				paths,
				vmIds: () => known,
				failedVmIds: () => failed,
				exeUnitOf: vmId => exeUnitOf(vmId, paths, log),
				log,
				...change,
			}),
	};
}
