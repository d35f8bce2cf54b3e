import fs from 'node:fs';

/** What Linux tells of a process. */
export type ProcessFigures = {
	/** Of its start, with the machine's own start: no two processes have the same, even of the same number. */
	identity: string;
	ageSeconds: number;
	/** User and system time of all its threads, those that have ended included; a guest's time is user time. */
	cpuSeconds: number;
};

/**
The unit of times in /proc. It is part of the kernel's interface to programs (`USER_HZ`, what `getconf CLK_TCK` says) and
100 on every machine that Node.js runs on, whatever the kernel's own clock.
*/
const ticksPerSecond = 100;

/**
Reads at once, since it is also asked in the last moment of a process; these files are in memory.
@returns undefined where there is no such process, or no /proc
*/
export function readProcessFigures(pid: number): ProcessFigures | undefined {
	try {
		const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
		// After the name in parentheses, which can have any characters; the first is the third field of proc(5).
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		const [userTicks, systemTicks, startTicks] = [14, 15, 22].map(field => Number(fields[field - 3]));
		const [uptime] = fs.readFileSync('/proc/uptime', 'utf8').split(' ').map(Number);
		const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
		if (![userTicks, systemTicks, startTicks, uptime].every(Number.isFinite)) {
			return undefined;
		}

		return {
			identity: `${boot} ${pid} ${startTicks}`,
			ageSeconds: Math.max(0, Number(uptime) - Number(startTicks) / ticksPerSecond),
			cpuSeconds: (Number(userTicks) + Number(systemTicks)) / ticksPerSecond,
		};
	} catch {
		return undefined;
	}
}

/** Resident memory, shared pages included; null where it is not told. */
export function readResidentBytes(pid: number): number | null {
	try {
		const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
		return kilobytes === undefined ? null : Number(kilobytes) * 1024;
	} catch {
		return null;
	}
}
