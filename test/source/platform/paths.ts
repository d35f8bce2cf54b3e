import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import {daemonNames, defaultHome, golemPaths, socketPath} from '../../../source/platform/paths.js';

test('a socket path of 103 bytes is taken, one of 104 refused by name', t => {
	const longest = `/${'x'.repeat(102)}`;
	t.is(socketPath(longest), longest);
	const error = t.throws(() => socketPath(`${longest}y`), {code: 'SOCKET_PATH_TOO_LONG'});
	t.true(error?.message.includes(`${longest}y`));
	t.true(error?.message.includes('104 bytes'));
});

test('bytes are counted, not characters', t => {
	t.throws(() => socketPath(`/${'ö'.repeat(52)}`), {code: 'SOCKET_PATH_TOO_LONG'});
});

test('a home too deep for its sockets says so, and what to do', t => {
	const paths = golemPaths(`/${'deep/'.repeat(20)}`);
	const error = t.throws(() => paths.daemonSocket('provider'), {code: 'SOCKET_PATH_TOO_LONG'});
	t.regex(String((error as {hint?: string} | undefined)?.hint), /GOLEM_HOME/);
});

test('everything is in the home, and no two daemons share a file', t => {
	const paths = golemPaths('/home/somebody/.golem');
	const files = daemonNames.flatMap(name => [
		paths.daemonFolder(name),
		paths.daemonLog(name),
		paths.daemonLock(name),
		paths.daemonSocket(name),
	]);
	for (const file of [...files, paths.config, paths.identity, paths.images, paths.ssh, paths.rentals]) {
		t.true(file.startsWith('/home/somebody/.golem/'), file);
	}

	t.is(new Set(files).size, files.length);
});

test('the home is what GOLEM_HOME says, made absolute, else ~/.golem', t => {
	t.is(defaultHome({GOLEM_HOME: '/srv/golem'}), '/srv/golem');
	t.is(defaultHome({GOLEM_HOME: 'here'}), path.resolve('here'));
	t.is(defaultHome({GOLEM_HOME: ''}), path.join(os.homedir(), '.golem'));
	t.is(defaultHome({}), path.join(os.homedir(), '.golem'));
});
