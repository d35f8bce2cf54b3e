import {once} from 'node:events';
import fs from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {answersOnUnixSocket, listenOnUnixSocket} from '../../../source/platform/unix-socket.js';
import {startChild} from '../../support/child-process.js';
import {modeOf, temporaryFolder} from '../../support/temporary-folder.js';

/** A server that greets with its name. */
function greeter(t: ExecutionContext, name: string): net.Server {
	const server = net.createServer(socket => {
		// Who only looks whether somebody is there hangs up in the middle.
		socket.on('error', () => {});
		socket.end(name);
	});
	t.teardown(() => server.close());
	return server;
}

async function greetingOf(file: string): Promise<string> {
	const socket = net.connect(file);
	const [greeting] = await once(socket.setEncoding('utf8'), 'data');
	socket.destroy();
	return String(greeting);
}

/** A socket file whose server is gone, as a killed daemon leaves it. */
async function leaveStaleSocket(file: string): Promise<void> {
	const server = net.createServer();
	const elsewhere = `${file}.old`;
	server.listen(elsewhere);
	await once(server, 'listening');
	// Node takes the file it knows of with it; under another name it stays.
	await fs.rename(elsewhere, file);
	server.close();
	await once(server, 'close');
}

test('only its owner can reach a socket: 0600 in a folder of 0700', async t => {
	const file = path.join(await temporaryFolder(t), 'run', 'a.sock');
	await listenOnUnixSocket(greeter(t, 'me'), file);
	t.is(await modeOf(file), '600');
	t.is(await modeOf(path.dirname(file)), '700');
	t.is(await greetingOf(file), 'me');
});

test('a socket nobody answers on any more is replaced', async t => {
	const file = path.join(await temporaryFolder(t), 'a.sock');
	await leaveStaleSocket(file);
	t.true((await fs.stat(file)).isSocket());
	t.false(await answersOnUnixSocket(file));
	await listenOnUnixSocket(greeter(t, 'new'), file);
	t.is(await greetingOf(file), 'new');
});

test('a socket somebody answers on is theirs, and goes on working', async t => {
	const file = path.join(await temporaryFolder(t), 'a.sock');
	await listenOnUnixSocket(greeter(t, 'first'), file);
	const error = await t.throwsAsync(listenOnUnixSocket(greeter(t, 'second'), file), {
		code: 'ALREADY_RUNNING',
	});
	t.true(error?.message.includes(file));
	t.is(await greetingOf(file), 'first');
});

test('where there is no file nobody answers', async t => {
	t.false(await answersOnUnixSocket(path.join(await temporaryFolder(t), 'none.sock')));
});

test('a path too long for a socket is refused before anything is made', async t => {
	const folder = path.join(await temporaryFolder(t), 'x'.repeat(100));
	await t.throwsAsync(listenOnUnixSocket(greeter(t, 'me'), path.join(folder, 'a.sock')), {
		code: 'SOCKET_PATH_TOO_LONG',
	});
	await t.throwsAsync(fs.stat(folder), {code: 'ENOENT'});
});

test('somebody who accepts nobody is there, however many wait', async t => {
	const folder = await temporaryFolder(t);
	const [file, program] = [path.join(folder, 'a.sock'), path.join(folder, 'deaf.mjs')];
	await fs.writeFile(
		program,
		`import net from 'node:net';
		net.createServer().listen({path: ${JSON.stringify(file)}, backlog: 1}, () => {
			console.log('listening');
			process.kill(process.pid, 'SIGSTOP');
		});`,
	);
	await startChild(t, program).printed('listening');
	for (let knock = 0; knock < 5; knock++) {
		t.true(await answersOnUnixSocket(file), `knock ${knock}`);
	}
});
