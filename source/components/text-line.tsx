import {Text} from 'ink';

export type TextStyle = {
	readonly color?: string;
	readonly bold?: boolean;
	readonly dimColor?: boolean;
	readonly inverse?: boolean;
};

/** A piece of a row that looks the same throughout. */
export type Span = {readonly text: string; readonly style?: TextStyle};

/** One row of the screen, cut where the screen ends. */
export function TextLine({spans}: {readonly spans: readonly Span[]}) {
	// An empty text would take no row at all.
	const shown = spans.some(({text}) => text !== '') ? spans : [{text: ' '}];
	return (
		<Text wrap="truncate">
			{shown.map(({text, style}, index) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: spans have no identity; they are drawn anew each time.
				<Text key={index} {...style}>
					{text}
				</Text>
			))}
		</Text>
	);
}

/** Neighbours that look the same become one span: a row of a hundred cells is drawn as a few. */
export function joinSpans(spans: readonly Span[]): Span[] {
	const joined: Span[] = [];
	for (const span of spans) {
		const last = joined.at(-1);
		if (last && isSameStyle(last.style, span.style)) {
			joined[joined.length - 1] = {...last, text: last.text + span.text};
		} else {
			joined.push(span);
		}
	}

	return joined;
}

function isSameStyle(one: TextStyle = {}, other: TextStyle = {}): boolean {
	return (
		one.color === other.color &&
		one.bold === other.bold &&
		one.dimColor === other.dimColor &&
		one.inverse === other.inverse
	);
}
