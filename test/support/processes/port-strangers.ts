import {randomBytes} from 'node:crypto';
import http from 'node:http';
import net from 'node:net';

/*
Programs that a port check can meet, on the ports that the first argument gives as JSON: `{"20800": "silent"}`. It prints
`ready` when all of them listen, and `visit <port>` for each connection.
*/
process.title = 'stranger';

const randomHex = () => randomBytes(32).toString('hex');
const greet = (text: string) => (socket: net.Socket) => void socket.write(text);
const answerJson = (body: unknown) => (_request: http.IncomingMessage, response: http.ServerResponse) => {
	response.setHeader('Content-Type', 'application/json');
	response.end(JSON.stringify(body));
};

/** A port checker that says the same of every port. */
const lyingChecker = (finding: () => object) => {
	const server = http.createServer((request, response) => {
		let text = '';
		request.on('data', (chunk: Buffer) => {
			text += chunk;
		});
		request.on('end', () => {
			const ports: number[] = request.method === 'POST' ? JSON.parse(text).ports : [];
			const results = Object.fromEntries(
				ports.map(port => [port, {accessible: true, error: null, ...finding()}]),
			);
			answerJson({success: true, results, message: 'All is well.'})(request, response);
		});
	});
	return server;
};

const manners: Record<string, () => net.Server> = {
	silent: () => net.createServer(() => {}),
	ssh: () => net.createServer(greet('SSH-2.0-OpenSSH_9.2\r\n')),
	'other-golem': () =>
		net.createServer(socket => {
			socket.write('golem-port-check-v1\n');
			socket.once('data', () => socket.end(`${randomHex()}\n`));
		}),
	'other-api': () => http.createServer(answerJson({proof: randomHex()})),
	'line-back': () => net.createServer(socket => socket.end('hello\n')),
	'checker-without-proof': () => lyingChecker(() => ({})),
	'checker-with-made-up-proof': () => lyingChecker(() => ({verified: true, proof: randomHex()})),
	'checker-that-says-ssh': () => lyingChecker(() => ({verified: true, proof: null})),
	'checker-of-nonsense': () => http.createServer((_request, response) => response.end('<h1>Hello</h1>')),
};

const wanted: Record<string, string> = JSON.parse(process.argv[2] ?? '{}');
await Promise.all(
	Object.entries(wanted).map(async ([port, manner]) => {
		const server = manners[manner]?.();
		if (!server) {
			throw new Error(`There is no stranger like ${manner}.`);
		}

		server.on('connection', (socket: net.Socket) => {
			socket.on('error', () => {});
			process.stdout.write(`visit ${port}\n`);
		});
		await new Promise<void>((resolve, reject) => {
			server.once('error', reject);
			server.listen(Number(port), () => resolve());
		});
	}),
);
process.stdout.write('ready\n');
