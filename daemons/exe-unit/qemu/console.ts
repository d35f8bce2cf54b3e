import net from 'node:net';

const keptBytes = 32 * 1024;
const readyLine = /^golem: ready\s*$/m;
const failedLine = /^golem: failed: (.*)$/m;

/** The guest's serial console: read, never written to. */
export type GuestConsole = {
	/** Resolves at the guest's word that its SSH server listens. */
	ready: Promise<void>;
	/** The last lines; the guest is a stranger, so what it prints is bounded and stripped of control characters. */
	lines(): string[];
	/** What the guest itself said went wrong, if it did. */
	failure(): string | undefined;
};

/** Follows the console until QEMU closes it. */
export function followConsole(socketFile: string): GuestConsole {
	const socket = net.connect(socketFile);
	let kept = '';
	const ready = new Promise<void>(resolve => {
		socket.setEncoding('latin1');
		socket.on('data', (chunk: string) => {
			kept = (kept + chunk).slice(-keptBytes);
			if (readyLine.test(kept)) {
				resolve();
			}
		});
	});
	// A console that cannot be read costs the log, not the VM; its end is QEMU's, which is noticed elsewhere.
	socket.on('error', () => {});
	const printable = () => kept.replace(/[^\n\x20-\x7e]/g, '');
	return {
		ready,
		lines: () => printable().split('\n').filter(Boolean).slice(-30),
		failure: () => failedLine.exec(printable())?.[1],
	};
}
