import {gridShape, PortGrid} from '../../components/port-grid.js';
import {TextLine} from '../../components/text-line.js';
import {
	apiWords,
	describeHiddenPorts,
	glyphs,
	isUnderWay,
	lookOf,
	phaseWords,
	portLegend,
	portLooks,
	readiness,
} from '../../hosting/ports-text.js';
import type {PortsReport} from '../../protocol/control.js';
import type {Layout} from '../layout.js';
import {gridRoom} from '../ports-grid.js';
import type {Runtime} from '../runtime.js';
import type {UiState} from '../ui-state.js';
import {type Line, Lines, wrapLine} from './lines.js';
import {Pane} from './pane.js';
import {useSelected} from './use-selected.js';

/** What requestors can reach of the provider here. */
export function PortsPane({runtime, layout}: {readonly runtime: Runtime; readonly layout: Layout}) {
	const ui = useSelected(runtime.ui, state => state);
	const report = useSelected(runtime.picture, ({ports}) => ports);
	const area = layout.panes.ports;
	if (!area) {
		return null;
	}

	return (
		<Pane id="ports" ui={ui} mode={layout.mode} area={area} count={report ? String(report.ports.length) : ''}>
			{report ? (
				<PortsView report={report} ui={ui} width={area.width} />
			) : (
				<Lines
					width={area.width}
					height={area.height - 1}
					wraps
					lines={[
						[{text: '  No provider runs on this machine.', style: {dimColor: true}}],
						[{text: '  Rent it out: 4 goes to the daemons, u starts the provider.', style: {dimColor: true}}],
					]}
				/>
			)}
		</Pane>
	);
}

function PortsView({
	report,
	ui,
	width,
}: {
	readonly report: PortsReport;
	readonly ui: UiState;
	readonly width: number;
}) {
	const marks = glyphs(!ui.isPlain);
	const {cells, room} = gridRoom(report, ui);
	const selected = report.ports.findIndex(({port}) => String(port) === ui.tables.ports.selectedKey);
	const shape = gridShape(cells, room);
	// Which one it is says its number; that it is inverted says nothing where nothing is.
	const selectedPort = ui.focus === 'ports' ? report.ports[selected] : undefined;
	const shown = cells.map((cell, index) =>
		index === selected && ui.focus === 'ports' ? {...cell, style: {...cell.style, inverse: true}} : cell,
	);
	const isApiSelected = ui.focus === 'ports' && String(report.api.port) === ui.tables.ports.selectedKey;
	const {verification} = report;
	const ready = readiness(report);
	const api = apiWords(report.api);
	const progress = isUnderWay(verification) ? ` ${verification.settled}/${verification.total}` : '';
	const lines: Line[] = [
		[
			{
				text: `${isApiSelected ? '› ' : '  '}API ${report.api.port}: ${api.text}`,
				style: {...(api.reached === false ? {color: 'red'} : {}), bold: isApiSelected},
			},
		],
		[
			{
				text: `  ${ready.isReady ? marks.good : marks.bad} ${ready.text}`,
				style: {color: ready.isReady ? 'green' : 'red'},
			},
		],
		[
			{text: `  ${phaseWords(verification)}${progress}`, style: {dimColor: true}},
			...(selectedPort
				? [{text: `  › ${selectedPort.port}: ${portLooks[lookOf(selectedPort)].words}`, style: {bold: true}}]
				: []),
		],
		[{text: '  '}, ...portLegend(report.ports, marks)],
	];
	const wrapped = lines.flatMap(line => wrapLine(line, width));
	// The ports come first: words are told in whole where rows are left.
	const hasRoom = wrapped.length - lines.length <= room.rows - shape.rows && shape.shown === cells.length;
	return (
		<>
			{(hasRoom ? wrapped : lines).map((spans, index) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: rows of the screen have no other identity.
				<TextLine key={index} spans={spans} width={width} />
			))}
			<PortGrid
				cells={shown}
				shape={shape}
				width={width}
				describeHidden={hidden =>
					describeHiddenPorts(
						hidden.flatMap(({index}) => report.ports[index] ?? []),
						marks,
					)
				}
			/>
		</>
	);
}
