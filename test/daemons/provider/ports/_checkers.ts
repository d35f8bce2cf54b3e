import {once} from 'node:events';
import http from 'node:http';
import net, {type AddressInfo} from 'node:net';
import readline from 'node:readline';
import type {ExecutionContext} from 'ava';
import type {PortCheckBody, PortFinding} from '../../../../source/protocol/port-check.js';

/*
Stand-ins for port checkers: real HTTP servers that answer as the contract says, or as it does not. Whether a port can be
reached is really tried by the one that says the truth.
*/

export type Checker = (body: PortCheckBody, response: http.ServerResponse) => void | Promise<void>;

export async function startChecker(t: ExecutionContext, answer: Checker) {
	const requests: PortCheckBody[] = [];
	const server = http.createServer((request, response) => {
		let text = '';
		request.setEncoding('utf8').on('data', chunk => {
			text += chunk;
		});
		request.on('end', async () => {
			const body: PortCheckBody = JSON.parse(text);
			requests.push(body);
			await answer(body, response);
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	return {url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests};
}

const closed: PortFinding = {accessible: false, error: 'Connection refused', verified: false};

/** An answer as the contract has it. */
export function reply(
	response: http.ServerResponse,
	findings: ReadonlyArray<readonly [port: number, found: PortFinding]>,
): void {
	const results = Object.fromEntries(findings.map(([port, found]) => [String(port), found]));
	response
		.writeHead(200, {'Content-Type': 'application/json'})
		.end(JSON.stringify({success: true, results, message: 'checked'}));
}

/** Goes to the port, as a checker does. */
async function visit(address: string, port: number, challenge: string): Promise<PortFinding> {
	const socket = net.connect(port, address);
	socket.on('error', () => {});
	try {
		for await (const line of readline.createInterface({input: socket})) {
			if (line.startsWith('SSH-')) {
				return {accessible: true, error: null, verified: true, proof: null};
			}

			if (/^[0-9a-f]{64}$/.test(line)) {
				return {accessible: true, error: null, verified: true, proof: line};
			}

			socket.write(`${challenge}\n`);
		}
	} catch {
		// Refused, most likely.
	} finally {
		socket.destroy();
	}

	return closed;
}

/** Goes everywhere but to an API, of which no test here has one. */
export async function visitAll(
	{provider_ip, ports, challenge = '', api_port}: PortCheckBody,
	sees: (port: number) => boolean = () => true,
): Promise<Array<[port: number, found: PortFinding]>> {
	return Promise.all(
		ports.map(async (port): Promise<[number, PortFinding]> => {
			const isVisited = sees(port) && port !== api_port;
			return [port, isVisited ? await visit(provider_ip, port, challenge) : closed];
		}),
	);
}

/** Tells what it has really seen; at ports that are not wanted it sees nothing. */
export const truthful =
	(sees?: (port: number) => boolean): Checker =>
	async (body, response) =>
		reply(response, await visitAll(body, sees));

/** Says so of each port, with a proof that it has made up. */
export const lying: Checker = ({ports}, response) =>
	reply(
		response,
		ports.map(port => [port, {accessible: true, error: null, verified: true, proof: 'ab'.repeat(32)}]),
	);

/** Of before there were challenges: connects, and hangs up. */
export const old: Checker = async ({provider_ip, ports}, response) => {
	const found = await Promise.all(
		ports.map(async (port): Promise<[number, PortFinding]> => {
			const socket = net.connect(port, provider_ip);
			const isOpen = await new Promise<boolean>(resolve => {
				socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
			});
			socket.destroy();
			return [port, {accessible: isOpen, error: isOpen ? null : 'Connection refused'}];
		}),
	);
	reply(response, found);
};

/** Says that all is open and has been nowhere, in the words of before there were challenges. */
export const oldAndLying: Checker = ({ports}, response) =>
	reply(
		response,
		ports.map(port => [port, {accessible: true, error: null}]),
	);

export const nonsense: Record<string, Checker> = {
	garbage(_body, response) {
		response.writeHead(200, {'Content-Type': 'application/json'}).end('{"results": "all of them"}');
	},
	broken(_body, response) {
		response.writeHead(500).end('no');
	},
	rude(_body, response) {
		response.socket?.destroy();
	},
	endless(_body, response) {
		response.writeHead(200, {'Content-Type': 'application/json'});
		const more = setInterval(() => response.write('['.repeat(4 * 1024 * 1024)), 1);
		response.on('close', () => clearInterval(more));
	},
};

/** Answers when it is told to. */
export function slow(checker: Checker) {
	let answer = () => {};
	const told = new Promise<void>(resolve => {
		answer = resolve;
	});
	let hasBeenAsked = false;
	const ask: Checker = async (body, response) => {
		hasBeenAsked = true;
		await told;
		await checker(body, response);
	};
	return {ask, answer: () => answer(), hasBeenAsked: () => hasBeenAsked};
}
