import fs from 'node:fs';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import type {Screen} from './screen.js';
import {eventually, whenTrue} from './waiting.js';

/*
How screens are to look, as text: `screens/<name>.txt` beside the test, a section for each. `SCREENS=write` writes down
what is there instead; read it before it is committed.
*/
const isWriting = process.env['SCREENS'] === 'write';
const stillLooks = 15;

export type ExpectedScreens = {
	/** Waits until the screen looks as it is written down, or fails with the difference. */
	is(t: ExecutionContext, screen: Screen, name: string): Promise<void>;
	/** Is everything that is written down looked at? Writes it down where that is asked for. */
	end(t: ExecutionContext): void;
};

/** @param mask makes what differs from run to run the same, in its own width */
export function expectedScreens(file: URL, mask: (text: string) => string): ExpectedScreens {
	const path = fileURLToPath(file);
	const expected = isWriting ? new Map<string, string>() : read(path);
	const seen = new Map<string, string>();
	return {
		async is(t, screen, name) {
			const look = () => mask(screen.text());
			const wanted = isWriting ? await whenStill(look) : (expected.get(name) ?? '(nothing is written down)');
			await eventually('it looks so', () => whenTrue(look() === wanted)).catch(() => {});
			seen.set(name, look());
			t.is(look(), wanted, name);
		},
		end(t) {
			if (isWriting) {
				fs.writeFileSync(path, [...seen].map(([name, text]) => `=== ${name}\n${text}\n`).join(''));
			}

			t.deepEqual([...seen.keys()], [...(isWriting ? seen : expected).keys()]);
		},
	};
}

function read(path: string): Map<string, string> {
	const sections = fs.readFileSync(path, 'utf8').split(/^=== /m).slice(1);
	return new Map(
		sections.map(section => {
			const [name = '', ...lines] = section.split('\n');
			return [name, lines.slice(0, -1).join('\n')];
		}),
	);
}

/** Only for writing down: what has looked the same several times in a row. */
async function whenStill(look: () => string): Promise<string> {
	let last = look();
	let times = 0;
	return eventually('the screen is still', () => {
		const now = look();
		times = now === last ? times + 1 : 0;
		last = now;
		return times >= stillLooks ? now : undefined;
	});
}

const sameWidth = (pattern: RegExp, name: string, side: 'padEnd' | 'padStart' = 'padEnd') => ({
	pattern,
	by: (found: string) => name[side](found.length),
});
const digits = (pattern: RegExp) => ({
	pattern,
	by: (found: string) => found.replaceAll(/\d/g, '#'),
});

const masks = [
	{
		pattern: /(?<=0x)[0-9a-f]{40}|(?<=0x)[0-9a-f]{6}…[0-9a-f]{4}/g,
		by: (id: string) => id.replaceAll(/\w/g, '#'),
	},
	{pattern: /\/tmp\/g-\w{6}/g, by: () => '/tmp/g-######'},
	digits(/\d{4}-\d\d-\d\d(?:T[\d:.]+Z| \d\d:\d\d\b)/g),
	{pattern: /(?<=-)\d{8}-\d{6}(?:-[0-9a-f]{8})?\b/g, by: () => '########-######'},
	digits(/(?<=127\.0\.0\.1:)\d+/g),
	digits(/\b\d\d:\d\d:\d\d\b/g),
	// Ports of the tests have five digits.
	digits(/(?<![\d.])[1-6]\d{4}(?![\d.])/g),
	sameWidth(/\b\d+ s +(?=\S)/g, '# s'),
	{pattern: /\b[\d.]+ s(?= ago|$)/gm, by: () => '# s'},
	sameWidth(/ +\d+ %/g, '# %', 'padStart'),
	{
		pattern: /^( {2}(?:CPU|memory|disk|network)) .*[▁-█].*$/gm,
		by: (line: string) => `${line.slice(0, 10).trimEnd()} ~`,
	},
	{pattern: /(?<=its disk takes )\S+ \S+/g, by: () => '#'},
];

/** Ids, ports, times and figures of load, each digit a `#`. */
export function maskVarying(text: string): string {
	return masks.reduce((known, {pattern, by}) => known.replaceAll(pattern, found => by(found)), text);
}
