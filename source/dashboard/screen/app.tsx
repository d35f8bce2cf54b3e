import {Box, Text} from 'ink';
import type {FreeOverTime} from '../details/provider-lines.js';
import {showKey} from '../keymap.js';
import {layoutOf, leastSize} from '../layout.js';
import type {Runtime} from '../runtime.js';
import {topView} from '../ui-state.js';
import {Footer} from './footer.js';
import {Header} from './header.js';
import {PortsPane} from './ports-pane.js';
import {DaemonsPane, ProvidersPane, VmsPane} from './table-panes.js';
import {useSelected} from './use-selected.js';
import {ViewScreen} from './view.js';

export type AppProps = {
	readonly runtime: Runtime;
	readonly historyOf: (providerId: string) => FreeOverTime;
};

/** The whole screen. */
export function App({runtime, historyOf}: AppProps) {
	const size = useSelected(runtime.ui, ui => ui.size);
	const focus = useSelected(runtime.ui, ui => ui.focus);
	const view = useSelected(runtime.ui, topView);
	const layout = layoutOf({size, focus});
	if (layout.mode === 'too-small') {
		return (
			<Box width={size.columns} height={size.rows} overflow="hidden">
				<Text wrap="wrap">
					This window is too small: {size.columns}×{size.rows}; it takes {leastSize.columns}×{leastSize.rows}.{' '}
					{showKey(runtime.keymap.keysOf('quit')[0] ?? '')} quits.
				</Text>
			</Box>
		);
	}

	return (
		<Box flexDirection="column" width={size.columns} height={size.rows} overflow="hidden">
			<Header runtime={runtime} />
			{view ? (
				<ViewScreen runtime={runtime} view={view} area={layout.body} historyOf={historyOf} />
			) : layout.mode === 'tabs' ? (
				<FocusedPane runtime={runtime} layout={layout} focus={focus} />
			) : (
				<Box height={layout.body.height} flexShrink={0}>
					<Box flexDirection="column">
						<VmsPane runtime={runtime} layout={layout} />
						<ProvidersPane runtime={runtime} layout={layout} />
					</Box>
					<Text> </Text>
					<Box flexDirection="column">
						<PortsPane runtime={runtime} layout={layout} />
						<DaemonsPane runtime={runtime} layout={layout} />
					</Box>
				</Box>
			)}
			<Footer runtime={runtime} />
		</Box>
	);
}

const panes = {vms: VmsPane, providers: ProvidersPane, ports: PortsPane, daemons: DaemonsPane} as const;

function FocusedPane({
	runtime,
	layout,
	focus,
}: {
	readonly runtime: Runtime;
	readonly layout: ReturnType<typeof layoutOf>;
	readonly focus: keyof typeof panes;
}) {
	const FocusPane = panes[focus];
	return <FocusPane runtime={runtime} layout={layout} />;
}
