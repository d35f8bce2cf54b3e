import {fileURLToPath} from 'node:url';

/** Settings of a provider whose VMs are stubs. Many of them start at once, which is no reason to refuse more. */
export const withStubQemu = {
	GOLEM_PROVIDER_QEMU_BINARY_PATH: fileURLToPath(new URL('stub-qemu.py', import.meta.url)),
	GOLEM_PROVIDER_CPU_THRESHOLD: '100',
	GOLEM_PROVIDER_MEMORY_THRESHOLD: '100',
	GOLEM_PROVIDER_STORAGE_THRESHOLD: '100',
} as const;
