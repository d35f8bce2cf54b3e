import {constants} from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import {systemFolders} from '../platform/process.js';
import {qemuProgram} from '../platform/qemu-program.js';

/** The system package managers we know how to ask. */
const packageManagers = ['apt-get', 'dnf', 'pacman', 'brew'] as const;
export type PackageManager = (typeof packageManagers)[number];

/** A program this machine needs to host VMs, and the package that brings it. */
export type Requirement = {
	program: string;
	purpose: string;
	/** VMs run without it, only less well. */
	isOptional?: boolean;
	packages: Readonly<Partial<Record<PackageManager, string>>>;
};

const debianQemu = process.arch === 'arm64' ? 'qemu-system-arm' : 'qemu-system-x86';

/** In the order they are shown. */
export const requirements: readonly Requirement[] = [
	{
		program: qemuProgram,
		purpose: 'runs VMs',
		packages: {'apt-get': debianQemu, dnf: 'qemu-kvm-core', pacman: 'qemu-base', brew: 'qemu'},
	},
	{
		program: 'qemu-img',
		purpose: 'makes their disks',
		packages: {'apt-get': 'qemu-utils', dnf: 'qemu-img', pacman: 'qemu-img', brew: 'qemu'},
	},
	{
		program: 'ssh',
		purpose: 'goes into them',
		packages: {'apt-get': 'openssh-client', dnf: 'openssh-clients', pacman: 'openssh'},
	},
	{
		program: 'ssh-keygen',
		purpose: 'makes your key',
		packages: {'apt-get': 'openssh-client', dnf: 'openssh-clients', pacman: 'openssh'},
	},
	{
		program: 'mke2fs',
		purpose: 'builds the guest image',
		packages: {'apt-get': 'e2fsprogs', dnf: 'e2fsprogs', pacman: 'e2fsprogs', brew: 'e2fsprogs'},
	},
	{
		program: 'debugfs',
		purpose: 'builds the guest image',
		packages: {'apt-get': 'e2fsprogs', dnf: 'e2fsprogs', pacman: 'e2fsprogs', brew: 'e2fsprogs'},
	},
	{
		program: 'dpkg-deb',
		purpose: 'builds the guest image',
		packages: {'apt-get': 'dpkg', dnf: 'dpkg', pacman: 'dpkg', brew: 'dpkg'},
	},
];

/** What gives guests the internet and keeps them from this machine's networks. Only root can, and only on Linux. */
export const uplinkRequirements: readonly Requirement[] = [
	{
		program: 'passt',
		purpose: 'connects VMs to the internet',
		isOptional: true,
		packages: {'apt-get': 'passt', dnf: 'passt', pacman: 'passt'},
	},
	{
		program: 'nft',
		purpose: 'keeps VMs from your own networks',
		isOptional: true,
		packages: {'apt-get': 'nftables', dnf: 'nftables', pacman: 'nftables'},
	},
];

/**
The folders of the PATH, and those of the system's own programs, which an ordinary user's PATH may lack. Not those of
packages, which `npx` puts on it: one of them has another `nft`.
*/
function programFolders(environment: NodeJS.ProcessEnv): string[] {
	const own = (environment['PATH'] ?? '').split(path.delimiter).filter(Boolean);
	return [
		...own.filter(folder => !folder.endsWith(path.join('node_modules', '.bin'))),
		...systemFolders.split(':').filter(folder => folder.endsWith('sbin')),
	];
}

/** Can that program be started? */
export async function isInstalled(
	program: string,
	environment: NodeJS.ProcessEnv = process.env,
): Promise<boolean> {
	const found = await Promise.all(
		programFolders(environment).map(folder =>
			fs.access(path.join(folder, program), constants.X_OK).then(
				() => true,
				() => false,
			),
		),
	);
	return found.includes(true);
}

/** The package manager of this system, or undefined where it has none that we know. */
export async function findPackageManager(): Promise<PackageManager | undefined> {
	for (const manager of packageManagers) {
		if (await isInstalled(manager)) {
			return manager;
		}
	}

	return undefined;
}

/** A command of the system's: a program, its words, and what it does, for people. */
export type InstallCommand = {words: string[]; message: string; mayFail: boolean};

/** Reads the list of packages anew, where a manager does not do that by itself. An old list may still do. */
export function updateCommands(manager: PackageManager): InstallCommand[] {
	return manager === 'apt-get'
		? [{words: ['apt-get', 'update', '-q'], message: 'Reading the list of packages', mayFail: true}]
		: [];
}

/** The command that installs packages. */
export function installCommand(
	manager: PackageManager,
	packages: readonly string[],
	{mayFail}: {mayFail: boolean},
): InstallCommand {
	const leadIns = {
		'apt-get': ['apt-get', 'install', '-y', '-q', '--no-install-recommends'],
		dnf: ['dnf', 'install', '-y'],
		pacman: ['pacman', '-Sy', '--noconfirm', '--needed'],
		brew: ['brew', 'install'],
	} as const satisfies Record<PackageManager, readonly string[]>;
	return {words: [...leadIns[manager], ...packages], message: `Installing ${packages.join(', ')}`, mayFail};
}
