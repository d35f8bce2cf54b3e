import {Box} from 'ink';
import {PortGrid} from '../components/port-grid.js';
import {ProgressBar} from '../components/progress-bar.js';
import {type Span, TextLine} from '../components/text-line.js';
import {printable} from '../platform/printable.js';
import type {PortStatus} from '../protocol/control.js';
import {describeHiddenPorts, type Glyphs} from './ports-text.js';
import {layOutScreen, type Size} from './screen-layout.js';
import type {ScreenState} from './screen-rows.js';

export type PortsScreenProps = {
	readonly state: Omit<ScreenState, 'nowMs'>;
	readonly glyphs: Glyphs;
	readonly size: Size;
	readonly nowMs: number;
};

/** The ports of a provider, drawn into that many columns and rows. */
export function PortsScreen({state, glyphs, size, nowMs}: PortsScreenProps) {
	const layout = layOutScreen({...state, nowMs}, size, glyphs);
	const {progress, grid, isAiry} = layout;
	const ports: readonly PortStatus[] = state.report?.ports ?? [];
	const gap = isAiry ? [[]] : [];
	return (
		<Box flexDirection="column">
			<Lines lines={[...layout.header, ...gap]} />
			{progress && <ProgressBar {...progress} after={progress.after.map(clean)} symbols={glyphs.bar} />}
			<Lines lines={[...(layout.verified ? [layout.verified] : []), ...layout.checkers, ...gap]} />
			<PortGrid
				cells={layout.cells}
				shape={grid}
				describeHidden={hidden =>
					describeHiddenPorts(
						hidden.flatMap(({index}) => ports[index] ?? []),
						glyphs,
					)
				}
			/>
			<Lines
				lines={[
					...(layout.legend ? [layout.legend] : []),
					...gap,
					...(layout.status ? [layout.status] : []),
					...layout.issues,
					...layout.events,
					...(layout.footer ? [layout.footer] : []),
				]}
			/>
		</Box>
	);
}

function Lines({lines}: {readonly lines: ReadonlyArray<readonly Span[]>}) {
	return lines.map((spans, index) => (
		// biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity; what stands in one changes.
		<TextLine key={index} spans={spans.map(clean)} />
	));
}

/** Reasons come from strangers too. */
function clean(span: Span): Span {
	return {...span, text: printable(span.text)};
}
