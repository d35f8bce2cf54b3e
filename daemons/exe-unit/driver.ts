import type {ExeUnitCounters} from '../../source/protocol/exe-unit.js';

/** Starts and stops one VM. One implementation for each hypervisor. */
export type Driver = {
	/** What runs the guest's instructions: `kvm`, `tcg (no KVM: …)`. */
	accelerator: string;
	/** The guest's way to the world besides its SSH port: `internet` or `none`. */
	network(): string;
	/** Makes what the VM needs on disk, where it is not there yet. May be called at every start. @param sshKeys who may log in */
	prepare(sshKeys: readonly string[]): Promise<void>;
	/** Starts the VM. Resolves once it has a process; the guest is still booting then. */
	start(signal: AbortSignal): Promise<RunningVm>;
	/** Finds the VM that an earlier supervisor left running; undefined where there is none. */
	adopt(): Promise<RunningVm | undefined>;
	/** What the VM's disk takes on this machine; null where that cannot be told. */
	storageBytes(): Promise<number | null>;
};

/** Figures that all began at zero with their source; those that cannot be told are missing. */
export type Reading = {
	/** Names what counts: figures of the same source go on from each other, whoever reads them. */
	source: string;
	counters: ExeUnitCounters;
};

/** What one run of a VM has taken so far. */
export type VmReading = Reading & {
	/** Resident now: nothing once it has ended, null where that cannot be told. */
	memoryBytes: number | null;
};

/** Why a VM is not running any more. */
export type VmEnd = {
	/** The guest turned itself off, or we asked for it; anything else is a failure. */
	asked: boolean;
	reason: string;
};

export type RunningVm = {
	pid: number;
	/** Where the guest's SSH server can be reached from this machine. */
	ssh: {host: string; port: number};
	/** Resolves when the guest has said that it is up; of one that was found running it is taken for said. */
	guestReady: Promise<void>;
	/** Resolves when the VM's process is gone. */
	ended: Promise<VmEnd>;
	/** What it takes of this machine. Never throws and takes a moment at most; after the end it says how far it had come. */
	measure(): Promise<VmReading>;
	/** The last lines of the guest's console. */
	consoleLog(): string[];
	/** Lets these keys in beside those the guest knows. @throws where the guest does not listen */
	addSshKeys(keys: readonly string[]): Promise<void>;
	/** Asks the guest to turn itself off, and insists after that time. Resolves when it is off. */
	stop(graceMs: number): Promise<void>;
	/** Ends it at once. Resolves when it is off. */
	kill(): Promise<void>;
};
