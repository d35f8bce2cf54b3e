import test from 'ava';
import fc from 'fast-check';
import type {InputEvent} from '../../../source/terminal/input-event.js';
import {KeyParser} from '../../../source/terminal/key-parser.js';

/** Events of a text that comes in these pieces, and of the silence after them. */
function parse(...pieces: Array<string | Uint8Array>): InputEvent[] {
	const parser = new KeyParser();
	const events = pieces.flatMap(piece => parser.push(Buffer.from(piece)));
	return [...events, ...parser.flush()];
}

/** As a person writes keys down: `C-M-S-x`. */
function written(event: InputEvent): string {
	if (event.type === 'key' || event.type === 'mouse') {
		const held = `${event.ctrl ? 'C-' : ''}${event.meta ? 'M-' : ''}${event.shift ? 'S-' : ''}`;
		return event.type === 'key'
			? `${held}${event.name}`
			: `${held}${event.action}:${event.button}@${event.x},${event.y}`;
	}

	return `paste<${event.text}>`;
}

const read = (...pieces: Array<string | Uint8Array>) => parse(...pieces).map(written);

const esc = '\u001B';
const sent: ReadonlyArray<readonly [sent: string, ...keys: string[]]> = [
	['jj', 'j', 'j'],
	['aB é', 'a', 'S-B', 'space', 'é'],
	['日本👩‍👩‍👧🇩🇪', '日', '本', '👩‍👩‍👧', '🇩🇪'],
	['e\u0301x', 'e\u0301', 'x'],
	['\r\n\t\u007F\b', 'enter', 'enter', 'tab', 'backspace', 'backspace'],
	['\u0000\u0001\u0003\u001A\u001C\u001F', 'C-space', 'C-a', 'C-c', 'C-z', 'C-\\', 'C-_'],
	[esc, 'escape'],
	[`${esc}${esc}`, 'escape', 'escape'],
	[`${esc}a${esc}B${esc}\r${esc}\u007F${esc}\u0001`, 'M-a', 'M-S-B', 'M-enter', 'M-backspace', 'C-M-a'],
	[`${esc}[`, 'M-['],
	[`${esc}O`, 'M-S-O'],
	[`${esc}[A${esc}[B${esc}[C${esc}[D`, 'up', 'down', 'right', 'left'],
	[`${esc}OA${esc}OB${esc}OC${esc}OD`, 'up', 'down', 'right', 'left'],
	[`${esc}[1;5A${esc}[1;2B${esc}[1;3C${esc}[1;8D`, 'C-up', 'S-down', 'M-right', 'C-M-S-left'],
	[`${esc}[a${esc}[b${esc}Oc${esc}Od`, 'S-up', 'S-down', 'C-right', 'C-left'],
	[`${esc}${esc}[A${esc}${esc}OB`, 'M-up', 'M-down'],
	[`${esc}[H${esc}[F${esc}OH${esc}OF${esc}[1~${esc}[4~`, 'home', 'end', 'home', 'end', 'home', 'end'],
	[`${esc}[7~${esc}[8~${esc}[7$${esc}[8^${esc}[3@`, 'home', 'end', 'S-home', 'C-end', 'C-S-delete'],
	[`${esc}[2~${esc}[3~${esc}[5~${esc}[6~`, 'insert', 'delete', 'pageup', 'pagedown'],
	[`${esc}[3;5~${esc}[5;3~`, 'C-delete', 'M-pageup'],
	[`${esc}[Z${esc}[1;6Z`, 'S-tab', 'C-S-tab'],
	[`${esc}OP${esc}OQ${esc}OR${esc}OS${esc}[1;2P${esc}[1;5R`, 'f1', 'f2', 'f3', 'f4', 'S-f1', 'C-f3'],
	[`${esc}[[A${esc}[[E${esc}[11~${esc}[15~${esc}[24;2~`, 'f1', 'f5', 'f1', 'f5', 'S-f12'],
	[`${esc}[17~${esc}[18~${esc}[19~${esc}[20~${esc}[21~${esc}[23~`, 'f6', 'f7', 'f8', 'f9', 'f10', 'f11'],
	[`${esc}OM${esc}Op${esc}Ok`, 'enter', '0', '+'],
	[`${esc}[97;5u${esc}[97;2u${esc}[97:65;2u${esc}[27u${esc}[13;3u`, 'C-a', 'S-A', 'S-A', 'escape', 'M-enter'],
	[`${esc}[97;1:3u${esc}[1;1:3A${esc}[57358u${esc}[57400u`, '1'],
	[`${esc}[113;9u`, 'M-q'],
	[`${esc}[27;5;9~${esc}[27;6;65~`, 'C-tab', 'C-S-A'],
	[`${esc}[200~a${esc}[A\r\nb\u0003\n${esc}[201~x`, 'paste<a[A\nb\n>', 'x'],
	[`${esc}[<0;1;1M${esc}[<0;1;1m`, 'press:left@0,0', 'release:left@0,0'],
	[`${esc}[<32;10;5M${esc}[<35;2;3M${esc}[<18;4;4M`, 'drag:left@9,4', 'move:none@1,2', 'C-press:right@3,3'],
	[`${esc}[<64;1;2M${esc}[<65;1;2M${esc}[<66;1;2M`, 'wheel-up:none@0,1', 'wheel-down:none@0,1'],
	[`${esc}]11;rgb:0/0/0${esc}\\a${esc}]11;?\u0007b`, 'a', 'b'],
	[`${esc}[?62;1;4c${esc}[24;80R${esc}P1$r0m${esc}\\q`, 'q'],
	[`${esc}[I${esc}[O${esc}[99~${esc}[1;2;3;4W${esc}Oz${esc}[M !!q`, 'q'],
	[`${esc}]11;never ends\u0003`, 'C-c'],
	[`${esc}[1;\u0003`, 'C-c'],
	[`${esc}[1;${esc}[A`, 'up'],
	['\u0085\u009Bx', 'x'],
];

for (const [text, ...keys] of sent) {
	test(`${JSON.stringify(text)} is ${keys.join(' ') || 'nothing'}`, t => {
		t.deepEqual(read(text), keys);
	});
}

test('a key writes its text, unless ctrl or meta is held', t => {
	t.deepEqual(
		parse(`J ${esc}j\u0001`).map(event => (event.type === 'key' ? event.text : 'none')),
		['J', ' ', undefined, undefined],
	);
});

test('the pieces in which something comes make no difference', t => {
	// One that ends in a lone Esc is told by time alone, and so is one behind which more could belong to it.
	// A mark for a letter is not waited for either.
	const texts = sent.map(([text]) => text).filter(text => !text.includes('\u0301'));
	const whole = Buffer.from(texts.map(text => (text.length > 2 ? text : `${text}z`)).join(''));
	const expected = read(whole);
	t.true(expected.length > 90);
	fc.assert(
		fc.property(fc.array(fc.nat(whole.length), {maxLength: 40}), cuts => {
			const at = [0, ...cuts.toSorted((one, other) => one - other), whole.length];
			const pieces = at.slice(1).map((end, index) => whole.subarray(at[index], end));
			t.deepEqual(read(...pieces), expected);
		}),
	);
	t.deepEqual(read(...Array.from(whole, byte => Uint8Array.of(byte))), expected);
});

test('a mark that comes after its letter is told alone, and the text is the same', t => {
	t.deepEqual(read('e', '\u0301x'), ['e', '\u0301', 'x']);
});

test('whatever comes, it is read to its end and never thrown at', t => {
	const piece = fc.oneof(
		fc.uint8Array({maxLength: 40}),
		fc.constantFrom(...sent.map(([text]) => new Uint8Array(Buffer.from(text)))),
		fc
			.constantFrom(`${esc}[`, `${esc}]`, `${esc}[<`, `${esc}[200~`, `${esc}[201~`)
			.map(text => new Uint8Array(Buffer.from(text))),
	);
	fc.assert(
		fc.property(fc.array(piece, {maxLength: 8}), pieces => {
			const parser = new KeyParser();
			for (const bytes of pieces) {
				parser.push(bytes);
			}

			parser.flush();
			t.true(parser.waiting === 'nothing' || parser.waiting === 'paste');
		}),
	);
});

test('no letter of an unknown sequence is taken for a key', t => {
	const between = (from: number, to: number) =>
		fc.integer({min: from, max: to}).map(code => String.fromCharCode(code));
	const parameters = fc.string({unit: between(0x30, 0x3b), maxLength: 12});
	const unknown = fc
		.tuple(fc.constantFrom('?', '>', '=', ''), parameters, between(0x40, 0x7e))
		.filter(([prefix, , final]) => !(prefix === '' && ['[', 'M', '~', 'u'].includes(final)));
	fc.assert(
		fc.property(unknown, ([prefix, numbers, final]) => {
			const events = parse(`${esc}[${prefix}${numbers}${final}`);
			t.true(events.length <= 1);
			t.true(events.every(event => event.type !== 'key' || event.text === undefined));
		}),
	);
});

test('a paste that comes in many pieces is one, and what is too long for anybody is cut', t => {
	t.deepEqual(read(`${esc}[20`, '0~ab', `c${esc}`, '[20', '1~d'), ['paste<abc>', 'd']);
	const [paste, key] = parse(
		`${esc}[200~`,
		...Array.from({length: 30}, () => 'x'.repeat(50_000)),
		`${esc}[201~k`,
	);
	t.is(paste?.type === 'paste' ? paste.text.length : 0, 1_000_000);
	t.is(key && written(key), 'k');
});
