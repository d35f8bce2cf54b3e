import {spawn} from 'node:child_process';
import fs from 'node:fs';
import {Box, render, Text} from 'ink';
import {useSyncExternalStore} from 'react';
import type {InputEvent} from '../../../../source/terminal/input-event.js';
import {openTerminal} from '../../../../source/terminal/terminal.js';

/*
A small full-screen program. It shows the keys it was given, and does something over a few of them: `!` falls over, `?`
rejects, `%` gives the terminal to the command in its arguments, `$` ends, Ctrl-Z stops.
*/
const command = process.argv.slice(2);
const noteFile = process.env['NOTE_FILE'];
if (noteFile) {
	// As a program with work to do, which does not end because nobody can type any more.
	setInterval(() => {}, 1000);
}

const state = {keys: '', note: 'running'};
const listeners = new Set<() => void>();
let version = 0;

function change(values: Partial<typeof state>) {
	Object.assign(state, values);
	version++;
	for (const listener of listeners) {
		listener();
	}
}

const terminal = openTerminal({
	describe: error => `It fell over: ${error instanceof Error ? error.message : error}`,
	onSignal(signal) {
		if (noteFile) {
			fs.appendFileSync(noteFile, `${signal}\n`);
		}

		change({note: `asked by ${signal}`});
		if (process.env['PATIENT'] === undefined) {
			void end(`ended by ${signal}`);
		}
	},
	onResumed: () => change({note: 'resumed'}),
	title: 'a title',
});
if (process.env['MOUSE']) {
	terminal.screen.setMouse(true);
}

function Screen() {
	useSyncExternalStore(
		listener => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		() => version,
	);
	const {columns, rows} = terminal.size.current();
	return (
		<Box flexDirection="column" height={rows} width={columns}>
			<Text>{'top '.padEnd(columns - 1, '-')}</Text>
			<Text>note: {state.note}</Text>
			<Text>
				size: {columns} × {rows}
			</Text>
			<Box flexDirection="column" flexGrow={1}>
				{(`keys: [${state.keys}]`.match(/.{1,60}/g) ?? []).map((line, row) => (
					<Text key={String(row)}>{line}</Text>
				))}
			</Box>
			<Text>bottom</Text>
		</Box>
	);
}

const ink = render(<Screen />, {
	stdout: terminal.output.stdout,
	patchConsole: false,
	exitOnCtrlC: false,
});
terminal.size.onChange(() => change({}));

async function end(text: string) {
	ink.unmount();
	await terminal.close();
	process.stdout.write(`${text}\nkeys were [${state.keys}]\n`);
	process.exit(0);
}

function shown(event: InputEvent): string {
	if (event.type !== 'key') {
		return event.type === 'paste' ? `<paste ${event.text}>` : `<${event.action} ${event.x},${event.y}>`;
	}

	return event.name === 'enter' ? '⏎' : (event.text ?? `<${event.name}>`);
}

async function handOver() {
	await terminal.handOver(async typedAhead => {
		change({keys: state.keys + typedAhead.map(shown).join('')});
		const [program = '', ...args] = command;
		const child = spawn(program, args, {stdio: 'inherit'});
		await new Promise(resolve => child.once('close', resolve));
	});
}

terminal.keyboard.onInput(event => {
	if (event.type !== 'key') {
		change({keys: state.keys + shown(event)});
	} else if (event.text === '!') {
		throw new Error('what a pity');
	} else if (event.text === '?') {
		void Promise.reject(new Error('nobody cares'));
	} else if (event.text === '%') {
		void handOver();
	} else if (event.text === '$') {
		void end('bye');
	} else if (event.ctrl && event.name === 'z') {
		void terminal.suspend();
	} else {
		change({keys: state.keys + shown(event)});
	}
});
