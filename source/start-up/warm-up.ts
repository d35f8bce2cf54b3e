import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {loadCompiledScript, saveCompiled} from './compiled-script.js';

/*
Runs some commands that change nothing, in a home of their own, and keeps what V8 has compiled for them. The build does
this; for another Node it can be done again: `node dist/source/start-up/warm-up.js`.
*/
const commandLines = [
	['--version'],
	['vm', 'list', '--json'],
	['vm', 'list'],
	['vm', 'list', '--no-such-flag'],
	['vm', 'ssh', 'nobody'],
	['vm', 'providers'],
	['identity'],
	['status', '--json'],
	['status'],
	['provider', 'status'],
	['provider', '--help'],
];

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'golem-warm-up-'));
try {
	enter(home);
	const file = fileURLToPath(new URL('script-front.cjs', import.meta.url));
	// The parse's edge: the build makes the one of the other.
	const front = loadCompiledScript(file) as typeof import('./script-front.js');
	for (const commandLine of commandLines) {
		await front.runCommandLine(commandLine);
	}

	saveCompiled();
} finally {
	fs.rmSync(home, {recursive: true, force: true});
}

/** No setting of whoever builds is looked at, and nothing is said. */
function enter(folder: string): void {
	for (const name of Object.keys(process.env)) {
		delete process.env[name];
	}

	process.env['GOLEM_HOME'] = folder;
	// What asks a server is to find none.
	process.env['GOLEM_REQUESTOR_DISCOVERY_URL'] = 'http://127.0.0.1:1';
	process.chdir(folder);
	process.stdout.write = () => true;
	process.stderr.write = () => true;
}
