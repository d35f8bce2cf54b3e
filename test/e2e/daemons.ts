import fs from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {execa} from 'execa';
import {type DaemonName, golemPaths} from '../../source/platform/paths.js';
import {golemEnvironment} from '../support/golem.js';
import {sharedImages} from '../support/images.js';
import {removeWithProcesses} from '../support/leftovers.js';
import {freePortRange} from '../support/ports.js';
import {withStubQemu} from '../support/stub-qemu/settings.js';
import {temporaryFolder} from '../support/temporary-folder.js';

const programs: ReadonlyArray<readonly [program: string, daemon: DaemonName]> = [
	['golem-provider', 'provider'],
	['golem-discovery', 'discovery'],
	['port-checker', 'port-checker'],
];

for (const [program, daemon] of programs) {
	const file = fileURLToPath(new URL(`../../dist/source/bin/${program}.js`, import.meta.url));

	test(`${program} start, status, logs, restart and stop are commands of an installed program`, async t => {
		const home = await temporaryFolder(t);
		await fs.symlink(await sharedImages(), golemPaths(home).images);
		const {start, end} = await freePortRange(4);
		const environment = {
			DISCOVERY_HOST: '127.0.0.1',
			PORT_CHECKER_HOST: '127.0.0.1',
			GOLEM_PROVIDER_HOST: '127.0.0.1',
			GOLEM_PROVIDER_PUBLIC_IP: '127.0.0.1',
			GOLEM_PROVIDER_DISCOVERY_URL: 'http://127.0.0.1:1',
			GOLEM_PROVIDER_PORT_CHECK_SERVERS: 'http://127.0.0.1:1',
			GOLEM_PROVIDER_PORT_RANGE_START: String(start),
			GOLEM_PROVIDER_PORT_RANGE_END: String(end),
			...withStubQemu,
		};
		// As npm installs it: a link by the program's name.
		const link = path.join(home, program);
		await fs.symlink(file, link);
		const run = (...args: string[]) =>
			execa(process.execPath, [link, ...args], {
				reject: false,
				extendEnv: false,
				env: golemEnvironment({home, environment}),
				cwd: home,
			});
		t.teardown(() => removeWithProcesses(home));

		const started = await run('start', '--detach', '--port', '0', '--json');
		t.is(started.exitCode, 0, started.stdout + started.stderr);
		const {pid, name} = JSON.parse(started.stdout);
		t.is(name, daemon);
		t.is(JSON.parse((await run('status', '--json')).stdout).pid, pid);
		const shown = await run('status');
		t.true(
			shown.stdout.split('\n').every(line => line.length <= 80),
			shown.stdout,
		);
		t.regex((await run('logs', '--lines', '50')).stdout, /ready/);
		const restarted = await run('restart', '--json');
		t.is(restarted.exitCode, 0, restarted.stdout);
		t.not(JSON.parse(restarted.stdout).pid, pid);
		t.is((await run('stop')).exitCode, 0);
		t.is((await run('status')).exitCode, 5);
	});

	test(`${program} helps in its own name`, async t => {
		const home = await temporaryFolder(t);
		const run = (...args: string[]) =>
			execa(process.execPath, [file, ...args], {extendEnv: false, env: golemEnvironment({home})});
		const overview = await run('--help');
		t.true(overview.stdout.includes(`Usage: ${program} <command>`));
		for (const verb of ['start', 'stop', 'status', 'logs', 'restart', 'install-service']) {
			t.true(overview.stdout.includes(`\n  ${verb} `), verb);
			const {stdout} = await run(verb, '--help');
			t.true(stdout.includes(`Usage: ${program} ${verb}`), stdout);
			t.false(stdout.includes(`golem ${daemon}`), stdout);
		}
	});
}
