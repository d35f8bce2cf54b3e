import http from 'node:http';
import type net from 'node:net';
import {portCheckGreeting, portCheckPath, portProofBodySchema} from '../../source/protocol/port-check.js';

/**
Finds out over an open connection who listens there.
@returns the answer to the challenge, null of an SSH server, undefined of anybody else; the caller closes the connection,
which ends this too
*/
export type Conversation = (socket: net.Socket) => Promise<string | null | undefined>;

const sshGreeting = 'SSH-';
const greetingLine = `${portCheckGreeting}\n`;

/** Head and body of an API's whole answer, which is 300 bytes. */
const maximumAnswerBytes = 8192;

/** With who speaks first. Nothing is said to somebody whose greeting is not golem's, and not a byte too many is kept. */
export function listenFirst(challenge: string): Conversation {
	return socket =>
		new Promise(resolve => {
			let isGreeted = false;
			let heard = '';
			socket.once('close', () => resolve(undefined));
			socket.on('data', (chunk: Buffer) => {
				heard += chunk.toString('latin1');
				if (!isGreeted && heard === greetingLine) {
					isGreeted = true;
					heard = '';
					socket.write(`${challenge}\n`);
					return;
				}

				const reading = isGreeted ? readProofLine(heard) : readGreeting(heard);
				if (reading !== 'incomplete') {
					socket.pause();
					resolve(reading);
				}
			});
		});
}

function readGreeting(heard: string): null | undefined | 'incomplete' {
	if (heard.startsWith(sshGreeting)) {
		return null;
	}

	return sshGreeting.startsWith(heard) || greetingLine.startsWith(heard) ? 'incomplete' : undefined;
}

function readProofLine(heard: string): string | undefined {
	const [, proof] = /^([0-9a-f]{64})\n/.exec(heard) ?? [];
	return proof ?? (/^[0-9a-f]{0,64}$/.test(heard) ? 'incomplete' : undefined);
}

/** With the provider's API, which is asked by HTTP. */
export function askApi(challenge: string, {host, port}: {host: string; port: number}): Conversation {
	return socket =>
		new Promise(resolve => {
			const request = http.get({
				createConnection: () => socket,
				host,
				port,
				path: `${portCheckPath}?challenge=${challenge}`,
				headers: {Accept: 'application/json', Connection: 'close'},
				maxHeaderSize: maximumAnswerBytes,
			});
			// Whatever is wrong with the connection, its end is what counts.
			request.on('error', () => {});
			request.once('close', () => resolve(undefined));
			request.once('socket', () => {
				// Also of what the parser would take without end, such as interim answers.
				socket.on('data', () => {
					if (socket.bytesRead > maximumAnswerBytes) {
						socket.destroy();
					}
				});
			});
			request.once('response', response => {
				let body = '';
				response.setEncoding('utf8');
				response.on('data', (text: string) => {
					body += text;
				});
				response.on('error', () => {});
				response.once('end', () => {
					const isFine = response.statusCode === 200 && socket.bytesRead <= maximumAnswerBytes;
					resolve(isFine ? readProofBody(body) : undefined);
				});
			});
		});
}

function readProofBody(text: string): string | undefined {
	try {
		return portProofBodySchema.safeParse(JSON.parse(text)).data?.proof;
	} catch {
		return undefined;
	}
}
