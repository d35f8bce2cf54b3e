import type headless from '@xterm/headless';

/*
A screen as an SVG: what the emulator's cells hold, in a monospace font on a dark background. Neighbours that look the
same are one text element, which is held to its columns by `textLength`.
*/
type Emulator = InstanceType<typeof headless.Terminal>;
type Cell = NonNullable<
	ReturnType<NonNullable<ReturnType<Emulator['buffer']['active']['getLine']>>['getCell']>
>;

const cellWidth = 8.4;
const cellHeight = 18;
const fontSize = 14;
const margin = 14;
/** From the top of a row to where its letters stand. */
const baseline = 13.5;
const background = '#10141a';
const foreground = '#d5dae1';
const faint = 0.55;

/** The sixteen, dark ones first. */
const palette = [
	...['#2b303b', '#e06c75', '#8fc379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#c8cdd5'],
	...['#7f8794', '#ff7b86', '#a9dc76', '#ffd866', '#7fc1ff', '#d7a1f0', '#78dce8', '#ffffff'],
];
const cubeSteps = [0, 95, 135, 175, 215, 255];

type Style = {
	color: string;
	fill: string | undefined;
	isBold: boolean;
	isFaint: boolean;
	isUnderlined: boolean;
};
type Run = {x: number; columns: number; text: string; style: Style};

/** @param title what the picture shows, for those who cannot see it */
export function screenPicture(emulator: Emulator, title: string): string {
	const {cols, rows} = emulator;
	const [width, height] = [cols * cellWidth + 2 * margin, rows * cellHeight + 2 * margin].map(Math.ceil);
	const parts = Array.from({length: rows}, (_, row) =>
		runsOf(emulator, row).map(run => [boxOf(run, row), textOf(run, row)]),
	).flat(2);
	return `${[
		`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
		`<title>${escapeText(title)}</title>`,
		`<rect width="100%" height="100%" rx="8" fill="${background}"/>`,
		`<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${fontSize}" fill="${foreground}" xml:space="preserve">`,
		...parts.filter(part => part !== ''),
		'</g>',
		'</svg>',
	].join('\n')}\n`;
}

/** Pieces of a row that look the same throughout. */
function runsOf({buffer: {active}, cols}: Emulator, row: number): Run[] {
	const line = active.getLine(active.baseY + row);
	const runs: Run[] = [];
	for (let x = 0; x < cols; x++) {
		const cell = line?.getCell(x);
		// The second half of a wide character is told with the first.
		if (!cell || cell.getWidth() === 0) {
			continue;
		}

		const style = styleOf(cell);
		const text = cell.getChars() || ' ';
		const last = runs.at(-1);
		if (last && JSON.stringify(last.style) === JSON.stringify(style)) {
			last.text += text;
			last.columns += cell.getWidth();
		} else {
			runs.push({x, columns: cell.getWidth(), text, style});
		}
	}

	return runs;
}

function styleOf(cell: Cell): Style {
	const own = cell.isFgDefault() ? undefined : colorOf(cell.getFgColor(), cell.isFgRGB());
	const behind = cell.isBgDefault() ? undefined : colorOf(cell.getBgColor(), cell.isBgRGB());
	const isInverse = cell.isInverse() !== 0;
	return {
		color: isInverse ? (behind ?? background) : (own ?? foreground),
		fill: isInverse ? (own ?? foreground) : behind,
		isBold: cell.isBold() !== 0,
		isFaint: cell.isDim() !== 0,
		isUnderlined: cell.isUnderline() !== 0,
	};
}

function colorOf(color: number, isRgb: boolean): string {
	if (isRgb) {
		return `#${color.toString(16).padStart(6, '0')}`;
	}

	if (color < palette.length) {
		return palette[color] ?? foreground;
	}

	const grey = 8 + (color - 232) * 10;
	const levels =
		color >= 232
			? [grey, grey, grey]
			: [36, 6, 1].map(weight => cubeSteps[Math.floor((color - 16) / weight) % 6] ?? 0);
	return `#${levels.map(level => level.toString(16).padStart(2, '0')).join('')}`;
}

function boxOf({x, columns, style: {fill}}: Run, row: number): string {
	return fill === undefined
		? ''
		: `<rect x="${place(x)}" y="${margin + row * cellHeight}" width="${round(columns * cellWidth)}" height="${cellHeight}" fill="${fill}"/>`;
}

/** Without the spaces around it, which draw nothing. */
function textOf({x, columns, text, style}: Run, row: number): string {
	const shown = text.trim();
	if (shown === '') {
		return '';
	}

	const before = text.length - text.trimStart().length;
	const after = text.length - text.trimEnd().length;
	const attributes = [
		`x="${place(x + before)}"`,
		`y="${margin + row * cellHeight + baseline}"`,
		`textLength="${round((columns - before - after) * cellWidth)}"`,
		...(style.color === foreground ? [] : [`fill="${style.color}"`]),
		...(style.isBold ? ['font-weight="bold"'] : []),
		...(style.isFaint ? [`opacity="${faint}"`] : []),
		...(style.isUnderlined ? ['text-decoration="underline"'] : []),
	];
	return `<text ${attributes.join(' ')}>${escapeText(shown)}</text>`;
}

const round = (value: number) => Number(value.toFixed(1));
const place = (x: number) => round(margin + x * cellWidth);

function escapeText(text: string): string {
	return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
