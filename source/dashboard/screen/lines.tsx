import {Box} from 'ink';
import {displayText} from '../../components/display-text.js';
import {type Span, TextLine} from '../../components/text-line.js';

/** One row of the screen; texts of strangers are made harmless when they are drawn. */
export type Line = readonly Span[];

export type LinesProps = {
	readonly lines: readonly Line[];
	/** The first one that is seen; further than the end is the end. */
	readonly top?: number;
	readonly width: number;
	readonly height: number;
};

/** As many of the lines as there is room for; the last row tells of those below. */
export function Lines({lines, top = 0, width, height}: LinesProps) {
	const first = Math.max(0, Math.min(top, lines.length - height));
	const seen = lines.slice(first, first + height);
	const below = lines.length - first - height;
	const shown = below > 0 ? [...seen.slice(0, -1), moreLine(below + 1)] : seen;
	return (
		<Box flexDirection="column" width={width} height={height} flexShrink={0} overflow="hidden">
			{shown.map((line, index) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: rows of the screen have no other identity.
				<TextLine key={index} spans={line.map(span => ({...span, text: displayText(span.text)}))} />
			))}
		</Box>
	);
}

function moreLine(count: number): Line {
	return [{text: `  ↓ ${count} more`, style: {dimColor: true}}];
}
