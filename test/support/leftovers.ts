import fs from 'node:fs/promises';
import {eventually, whenTrue} from './waiting.js';

export type OwnedProcess = {pid: number; commandLine: string};

/**
Every process that belongs to a folder: that names it in its arguments or in its environment. By Linux's /proc; it finds
what was never written down anywhere, such as an ssh that outlived its parent.
*/
export async function processesOf(folder: string): Promise<OwnedProcess[]> {
	const pids = (await fs.readdir('/proc')).filter(name => /^\d+$/.test(name) && Number(name) !== process.pid);
	const found = await Promise.all(
		pids.map(async pid => {
			const [commandLine, environment] = await Promise.all(
				['cmdline', 'environ'].map(file => fs.readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
			);
			const isOurs = [commandLine, environment].some(text => text !== undefined && mentions(text, folder));
			return isOurs
				? [{pid: Number(pid), commandLine: (commandLine ?? '').replaceAll('\0', ' ').trim()}]
				: [];
		}),
	);
	return found.flat();
}

/** Ends all that belongs to a folder, supervisors and VMs included, and deletes it. */
export async function removeWithProcesses(folder: string): Promise<void> {
	await eventually(`every process of ${folder} is gone`, async () => {
		const processes = await processesOf(folder);
		for (const {pid} of processes) {
			try {
				process.kill(pid, 'SIGKILL');
			} catch {
				// It has just ended by itself.
			}
		}

		return whenTrue(processes.length === 0);
	});
	await fs.rm(folder, {recursive: true, force: true});
}

function mentions(text: string, folder: string): boolean {
	const at = text.indexOf(folder);
	return (
		at >= 0 && (/^[/\0,: ]?$/.test(text.charAt(at + folder.length)) || mentions(text.slice(at + 1), folder))
	);
}
