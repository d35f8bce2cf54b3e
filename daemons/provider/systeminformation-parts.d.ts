/** The package's front door loads all of it, which is seven megabytes a process; these are the two parts in use. */
declare module 'systeminformation/lib/cpu.js' {
	export {currentLoad} from 'systeminformation';
}

declare module 'systeminformation/lib/memory.js' {
	export {mem} from 'systeminformation';
}
