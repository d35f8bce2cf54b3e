import {once} from 'node:events';
import net from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {openPortListeners} from '../../../../daemons/provider/ports/listeners.js';
import {createPortProofs} from '../../../../daemons/provider/ports/proof.js';
import {canListen, freePort} from '../../../support/ports.js';
import {eventually, whenTrue} from '../../../support/waiting.js';

async function listenerFor(t: ExecutionContext) {
	const port = await freePort();
	const proofs = createPortProofs();
	const answered: number[] = [];
	const listeners = await openPortListeners('127.0.0.1', [port], proofs);
	t.teardown(() => listeners.close());
	return {port, proofs, listeners, answered, issue: () => proofs.issue(at => answered.push(at))};
}

/** All that is said to somebody who says that and then listens, until the other side hangs up. */
async function talk(port: number, words: readonly string[]): Promise<string> {
	const socket = net.connect(port, '127.0.0.1');
	let heard = '';
	socket.setEncoding('utf8').on('data', chunk => {
		heard += String(chunk);
	});
	socket.on('error', () => {});
	const closed = once(socket, 'close');
	for (const word of words) {
		socket.write(word);
		await eventually('it has gone out', () => whenTrue(socket.writableLength === 0));
	}

	await closed;
	return heard;
}

test('a challenge that is out is answered, by the port it came to', async t => {
	const {port, issue, answered, listeners} = await listenerFor(t);
	const {challenge, proofOf} = issue();
	t.false(listeners.wasVisited(port));
	t.is(await talk(port, [`${challenge}\n`]), `golem-port-check-v1\n${proofOf(port)}\n`);
	t.deepEqual(answered, [port]);
	t.true(listeners.wasVisited(port));
	t.not(proofOf(port), proofOf(port + 1));
	t.not(proofOf(port), issue().proofOf(port));
});

test('it may come letter by letter, and end with a carriage return', async t => {
	const {port, issue} = await listenerFor(t);
	const {challenge, proofOf} = issue();
	t.true((await talk(port, [...challenge, '\r', '\n'])).endsWith(`${proofOf(port)}\n`));
});

test('nobody gets an answer to anything else', async t => {
	const {port, issue, answered} = await listenerFor(t);
	const {challenge, withdraw} = issue();
	withdraw();
	for (const words of [`${challenge}\n`, '\n', 'GET / HTTP/1.1\r\n\r\n', 'x'.repeat(100_000), '\0\n']) {
		t.is(await talk(port, [words]), 'golem-port-check-v1\n', JSON.stringify(words.slice(0, 20)));
	}

	t.deepEqual(answered, []);
});

test('a port is free as soon as it is let go of, whoever is talking to it', async t => {
	const {port, listeners} = await listenerFor(t);
	const socket = net.connect(port, '127.0.0.1');
	socket.on('error', () => {});
	await once(socket, 'data');
	const gone = once(socket, 'close');
	listeners.release(port);
	t.true(await canListen(port));
	await gone;
});

test('closing waits for nobody who has come', async t => {
	const {port, listeners} = await listenerFor(t);
	const socket = net.connect(port, '127.0.0.1');
	socket.on('error', () => {});
	await once(socket, 'data');
	await listeners.close();
	t.true(await canListen(port));
	socket.destroy();
});

test('who comes and stays does not keep others out', async t => {
	const {port, issue} = await listenerFor(t);
	const sockets = Array.from({length: 100}, () => net.connect(port, '127.0.0.1'));
	t.teardown(() => {
		for (const socket of sockets) {
			socket.destroy();
		}
	});
	await Promise.all(
		sockets.map(async socket => {
			socket.on('error', () => {}).resume();
			await once(socket, 'connect');
		}),
	);
	const {challenge, proofOf} = issue();
	t.true((await talk(port, [`${challenge}\n`])).endsWith(`${proofOf(port)}\n`));
	await eventually('of those who stay the oldest have been let go of', () =>
		whenTrue(sockets.filter(({closed}) => closed).length >= 100 - 64),
	);
	t.true(sockets.filter(({closed}) => !closed).length >= 60);
});
