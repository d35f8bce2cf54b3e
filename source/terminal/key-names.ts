/*
The names of all keys that write nothing, and what terminals send for them: xterm, rxvt, the Linux console, tmux, screen
and those that speak kitty's protocol.
*/

/** The last letter of `ESC [ … letter` and `ESC O letter`. */
export const letterKeys: Readonly<Record<string, string>> = {
	A: 'up',
	B: 'down',
	C: 'right',
	D: 'left',
	E: 'begin',
	F: 'end',
	H: 'home',
	P: 'f1',
	Q: 'f2',
	R: 'f3',
	S: 'f4',
};

/** rxvt's small letters: with shift after `ESC [`, with ctrl after `ESC O`. */
export const smallLetterKeys: Readonly<Record<string, string>> = {
	a: 'up',
	b: 'down',
	c: 'right',
	d: 'left',
};

/** The number in `ESC [ number ~`. rxvt has `$`, `^` and `@` in the place of `~`. */
export const numberKeys: Readonly<Record<number, string>> = {
	1: 'home',
	2: 'insert',
	3: 'delete',
	4: 'end',
	5: 'pageup',
	6: 'pagedown',
	7: 'home',
	8: 'end',
	11: 'f1',
	12: 'f2',
	13: 'f3',
	14: 'f4',
	15: 'f5',
	17: 'f6',
	18: 'f7',
	19: 'f8',
	20: 'f9',
	21: 'f10',
	23: 'f11',
	24: 'f12',
};

/** What ends rxvt's number keys, as the number of the modifiers. */
export const rxvtModifiers: Readonly<Record<string, number>> = {$: 2, '^': 5, '@': 6};

/** `ESC [ [ letter`, the Linux console. */
export const consoleKeys: Readonly<Record<string, string>> = {A: 'f1', B: 'f2', C: 'f3', D: 'f4', E: 'f5'};

/** `ESC O letter` of a number pad, and what it writes. */
export const padKeys: Readonly<Record<string, string>> = {
	' ': ' ',
	I: '\t',
	M: '\r',
	X: '=',
	j: '*',
	k: '+',
	l: ',',
	m: '-',
	n: '.',
	o: '/',
	p: '0',
	q: '1',
	r: '2',
	s: '3',
	t: '4',
	u: '5',
	v: '6',
	w: '7',
	x: '8',
	y: '9',
};

/** Control characters that have a key of their own. The others are ctrl and a letter. */
export const controlKeys: Readonly<Record<number, string>> = {
	8: 'backspace',
	9: 'tab',
	10: 'enter',
	13: 'enter',
	27: 'escape',
	127: 'backspace',
};

/** kitty's numbers for the number pad where its keys write nothing. */
export const kittyKeys: Readonly<Record<number, string>> = {
	57414: 'enter',
	57417: 'left',
	57418: 'right',
	57419: 'up',
	57420: 'down',
	57421: 'pageup',
	57422: 'pagedown',
	57423: 'home',
	57424: 'end',
	57425: 'insert',
	57426: 'delete',
	57427: 'begin',
};

/** kitty's number pad from 57399 on, in that order: what each key writes. */
export const kittyPad = '0123456789./*-+';
