import {readFile} from 'node:fs/promises';
import {type Architecture, hostArchitecture} from './architecture.js';
import {buildFailed} from './errors.js';
import {type HostTool, isInstalled} from './tools.js';

/** What `golem setup` must see installed before an image can be built. */
const imageBuildRequirements: readonly HostTool[] = [
	{tool: 'apt-cache', debianPackage: 'apt'},
	{tool: 'apt-get', debianPackage: 'apt'},
	{tool: 'dpkg-deb', debianPackage: 'dpkg'},
	{tool: 'mke2fs', debianPackage: 'e2fsprogs'},
	{tool: 'debugfs', debianPackage: 'e2fsprogs'},
	{tool: 'qemu-img', debianPackage: 'qemu-utils'},
];

/** The requirements this host does not meet, looked for where the build looks for them. */
export async function findMissingTools(): Promise<HostTool[]> {
	const installed = await Promise.all(imageBuildRequirements.map(async ({tool}) => isInstalled(tool)));
	return imageBuildRequirements.filter((_, index) => !installed[index]);
}

/** What differs between distributions: the name of the package that depends on their newest kernel for VMs. */
const kernelPackages: Record<string, Record<Architecture, string>> = {
	debian: {amd64: 'linux-image-cloud-amd64', arm64: 'linux-image-cloud-arm64'},
	ubuntu: {amd64: 'linux-image-virtual', arm64: 'linux-image-virtual'},
};

/**
Names the kernel package of the distribution that `osRelease`, the text of an /etc/os-release, describes; of a
derivative such as Mint, that of the distribution it comes from.
*/
export function kernelPackage(osRelease: string, architecture: Architecture): string {
	const field = (name: string) => new RegExp(`^${name}=["']?([^"'\n]*)`, 'm').exec(osRelease)?.[1] ?? '';
	for (const distribution of [field('ID'), ...field('ID_LIKE').split(' ')]) {
		const packages = kernelPackages[distribution];
		if (packages) return packages[architecture];
	}

	throw buildFailed('Images are built from Debian or Ubuntu packages, which this host does not have');
}

/** As `kernelPackage`, for this host. */
export async function hostKernelPackage(): Promise<string> {
	const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '');
	return kernelPackage(osRelease, hostArchitecture());
}
