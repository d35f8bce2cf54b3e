import {execFile} from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {
	homeLine,
	type ServiceScope,
	unitName,
	unitText,
} from '../../../source/daemon-control/systemd-unit.js';
import {daemonNames, golemPaths} from '../../../source/platform/paths.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

const run = promisify(execFile);
const scopes: readonly ServiceScope[] = ['user', 'system'];

const textFor = (scope: ServiceScope, home = '/home/me/.golem') =>
	unitText({name: 'provider', scope, paths: golemPaths(home), golem: ['/usr/bin/node', '/opt/golem/cli.js']});

test('the unit starts this golem in the background, and follows the process that goes on', t => {
	const lines = textFor('user').split('\n');
	for (const line of [
		'Type=forking',
		'ExecStart=/usr/bin/node /opt/golem/cli.js provider --detach',
		'PIDFile=/home/me/.golem/run/provider.lock.pid',
		'Environment=GOLEM_HOME=/home/me/.golem',
		'Restart=on-failure',
		'WantedBy=default.target',
	]) {
		t.true(lines.includes(line), line);
	}

	t.true(textFor('system').includes('WantedBy=multi-user.target'));
});

test('only the provider itself ends with its service, and it shares its view of the files with its VMs', t => {
	for (const scope of scopes) {
		const text = textFor(scope);
		t.regex(text, /^KillMode=process$/m);
		t.regex(text, /^OOMPolicy=continue$/m);
		t.notRegex(text, /^(?:Protect|Private|ReadOnly|Inaccessible|RootDirectory|DevicePolicy|MemoryDeny)/m);
	}
});

test('words with blanks, quotes and signs that mean something to systemd arrive as they are', t => {
	const home = '/home/a "b"/50%$HOME';
	t.is(homeLine(home), 'Environment="GOLEM_HOME=/home/a \\"b\\"/50%%$HOME"');
	const text = unitText({
		name: 'provider',
		scope: 'user',
		paths: golemPaths('/h'),
		golem: ['/opt/my node', '/opt/$x/cli.js'],
	});
	t.true(text.includes('ExecStart="/opt/my node" "/opt/$$x/cli.js" provider --detach'));
});

for (const name of daemonNames) {
	for (const scope of scopes) {
		test(`systemd finds no fault with the ${scope} unit of the ${name}`, async t => {
			if (!(await hasVerifier())) {
				t.pass('There is no systemd-analyze here.');
				return;
			}

			const folder = await temporaryFolder(t);
			const faults = await verify(folder, name, scope);
			t.is(faults, '');
		});
	}
}

async function verify(
	folder: string,
	name: (typeof daemonNames)[number],
	scope: ServiceScope,
): Promise<string> {
	const file = path.join(folder, unitName(name));
	const golem = [process.execPath, path.join(folder, 'a b.js')];
	await fs.writeFile(file, unitText({name, scope, paths: golemPaths(path.join(folder, '100% home')), golem}));
	const {stdout, stderr} = await run('systemd-analyze', ['verify', file]);
	return stdout + stderr;
}

function hasVerifier(): Promise<boolean> {
	return run('systemd-analyze', ['--version']).then(
		() => true,
		() => false,
	);
}
