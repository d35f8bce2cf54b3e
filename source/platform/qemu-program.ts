/** The program that runs guests of this machine's own kind. */
export const qemuProgram = process.arch === 'arm64' ? 'qemu-system-aarch64' : 'qemu-system-x86_64';
