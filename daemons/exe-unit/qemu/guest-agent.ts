import {randomInt} from 'node:crypto';
import net from 'node:net';
import {StringDecoder} from 'node:string_decoder';
import {GolemError} from '../../../source/platform/golem-error.js';

/** The QEMU guest agent, which answers one caller at a time over a port of the guest's. */
export type GuestAgent = {
	/** @throws GUEST_AGENT_FAILED when the guest refuses or goes away */
	execute(command: string, args?: Record<string, unknown>): Promise<unknown>;
	/** Sends what is never answered, as a successful `guest-shutdown` is not. */
	send(command: string, args?: Record<string, unknown>): void;
};

/** The agent is a stranger's program: a longer answer is none. */
const maximumAnswerBytes = 1024 * 1024;
/** Ends whatever an earlier caller left half-said; an answer after it is to this caller. */
const delimiter = Buffer.from([0xff]);

/**
Lends the guest's agent. @param signal bounds the whole of it; a guest may have no agent, or one that is silent
@throws GUEST_AGENT_FAILED, or the signal's reason
*/
export async function withGuestAgent<Result>(
	socketFile: string,
	signal: AbortSignal,
	use: (agent: GuestAgent) => Promise<Result>,
): Promise<Result> {
	signal.throwIfAborted();
	const socket = net.connect({path: socketFile});
	const abandon = () => socket.destroy();
	signal.addEventListener('abort', abandon, {once: true});
	try {
		const lines = readLines(socket);
		const send = (command: string, args: Record<string, unknown> = {}) => {
			socket.write(`${JSON.stringify({execute: command, arguments: args})}\n`);
		};
		const nextAnswer = async () => {
			const {value, done} = await lines.next();
			signal.throwIfAborted();
			if (done) {
				throw new GolemError('GUEST_AGENT_FAILED', 'The guest’s agent is not there.');
			}

			return parseAnswer(value);
		};
		socket.write(delimiter);
		const id = randomInt(2 ** 31);
		send('guest-sync-delimited', {id});
		while ((await nextAnswer()).value !== id) {
			// The answer to somebody who did not wait for it.
		}

		return await use({
			send,
			async execute(command, args) {
				send(command, args);
				const {value, error} = await nextAnswer();
				if (error !== undefined) {
					throw new GolemError('GUEST_AGENT_FAILED', `The guest’s agent refused ${command}: ${error}`);
				}

				return value;
			},
		});
	} finally {
		signal.removeEventListener('abort', abandon);
		socket.destroy();
	}
}

async function* readLines(socket: net.Socket): AsyncGenerator<string> {
	const decoder = new StringDecoder('latin1');
	let rest = '';
	try {
		for await (const chunk of socket) {
			const lines = (rest + decoder.write(chunk)).split('\n');
			rest = lines.pop() ?? '';
			if (rest.length > maximumAnswerBytes) {
				return;
			}

			yield* lines.map(line => line.slice(line.lastIndexOf('\xff') + 1)).filter(Boolean);
		}
	} catch {
		// The same as its end: whoever waits for a line is told that there is none.
	}
}

function parseAnswer(line: string): {value: unknown; error?: string} {
	try {
		const answer: unknown = JSON.parse(Buffer.from(line, 'latin1').toString('utf8'));
		if (typeof answer === 'object' && answer !== null) {
			if ('return' in answer) {
				return {value: answer.return};
			}

			if ('error' in answer) {
				return {value: undefined, error: JSON.stringify(answer.error).slice(0, 500)};
			}
		}
	} catch {
		// No answer at all is told below.
	}

	return {value: undefined, error: 'what it said makes no sense'};
}
