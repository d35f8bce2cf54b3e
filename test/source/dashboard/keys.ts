import test from 'ava';
import {keyOf} from '../../../source/dashboard/keys.js';
import {editOf} from '../../../source/dashboard/text-input.js';
import {KeyParser} from '../../../source/terminal/key-parser.js';

const esc = '\u001B';

function eventsOf(bytes: string) {
	const parser = new KeyParser();
	return [...parser.push(Buffer.from(bytes)), ...parser.flush()];
}

const keysOf = (bytes: string) =>
	eventsOf(bytes).flatMap(event => (event.type === 'key' ? [keyOf(event)] : []));

const sent: ReadonlyArray<readonly [bytes: string, ...keys: string[]]> = [
	['gG?:/1é', 'g', 'G', '?', ':', '/', '1', 'é'],
	['\t\r\u007F ', 'tab', 'enter', 'backspace', 'space'],
	[esc, 'escape'],
	['\u0003\u001A\u0002\u0006\u0010\u000E', 'ctrl-c', 'ctrl-z', 'ctrl-b', 'ctrl-f', 'ctrl-p', 'ctrl-n'],
	['\u0000', 'ctrl-space'],
	[`${esc}[Z`, 'shift-tab'],
	[`${esc}[A${esc}OB${esc}[C${esc}[D`, 'up', 'down', 'right', 'left'],
	[`${esc}[5~${esc}[6~${esc}[H${esc}[F`, 'pageup', 'pagedown', 'home', 'end'],
	[`${esc}b${esc}f${esc}\u007F`, 'alt-b', 'alt-f', 'alt-backspace'],
	[`${esc}B`, 'alt-B'],
	[`${esc}[1;5D${esc}[1;2A${esc}[1;6C`, 'ctrl-left', 'shift-up', 'ctrl-shift-right'],
	[`${esc}OP`, 'f1'],
	[`${esc}[103u${esc}[103;2u${esc}[99;5u${esc}[32u${esc}[9;2u`, 'g', 'G', 'ctrl-c', 'space', 'shift-tab'],
];

for (const [bytes, ...keys] of sent) {
	test(`${JSON.stringify(bytes)} is ${keys.join(' ')}`, t => {
		t.deepEqual(keysOf(bytes), keys);
	});
}

test('what is typed goes into a line of text, and keys edit it as in a shell', t => {
	const edits = eventsOf(`aB ${esc}[D\u0017\u0015\u000B\u0001\u0005${esc}b${esc}[3~\u007F`).map(event =>
		event.type === 'key' ? editOf(event) : undefined,
	);
	t.deepEqual(edits, [
		{type: 'insert', text: 'a'},
		{type: 'insert', text: 'B'},
		{type: 'insert', text: ' '},
		{type: 'left'},
		{type: 'deleteWord'},
		{type: 'killToStart'},
		{type: 'killToEnd'},
		{type: 'home'},
		{type: 'end'},
		{type: 'wordLeft'},
		{type: 'delete'},
		{type: 'backspace'},
	]);
});

test('keys that write nothing do nothing to a line of text', t => {
	const edits = eventsOf(`${esc}OP\t\u0007${esc}x${esc}[5~`).map(event =>
		event.type === 'key' ? editOf(event) : 'none',
	);
	t.deepEqual(edits, [undefined, undefined, undefined, undefined, undefined]);
});

test('what is pasted is one line, without the end of the line it was copied as', t => {
	const [event] = eventsOf(`${esc}[200~one\r\ntwo\n${esc}[201~`);
	t.deepEqual(event?.type === 'paste' && editOf(event), {type: 'insert', text: 'one two'});
});
