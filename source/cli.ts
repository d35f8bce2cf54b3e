#!/usr/bin/env node
import {fileURLToPath} from 'node:url';
import {loadCompiledScript} from './start-up/compiled-script.js';

type Front = Pick<typeof import('./command-line/front.js'), 'runCommandLine'>;

void start(process.argv.slice(2));

async function start(argv: readonly string[]): Promise<void> {
	const front = await chooseFront(argv);
	process.exitCode = await front.runCommandLine(argv);
}

/** The script, which starts faster; but what draws is made of modules that a script cannot load. */
async function chooseFront(argv: readonly string[]): Promise<Front> {
	const script = loadScriptFront();
	const isTerminal = process.stdout.isTTY && process.stdin.isTTY;
	return script && !(isTerminal && (await script.canDraw(argv))) ? script : import('./command-line/front.js');
}

/** Undefined where it cannot be loaded, such as where this runs from source. */
function loadScriptFront(): typeof import('./start-up/script-front.js') | undefined {
	try {
		const file = fileURLToPath(new URL('start-up/script-front.cjs', import.meta.url));
		// The parse's edge: the build makes the one of the other.
		return loadCompiledScript(file) as typeof import('./start-up/script-front.js');
	} catch {
		return undefined;
	}
}
