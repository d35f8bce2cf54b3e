import {Box} from 'ink';
import {useCallback} from 'react';
import {ListPicker} from '../../components/list-picker.js';
import {reducePicker} from '../../components/list-picker-state.js';
import {TextLine} from '../../components/text-line.js';
import {daemonLines} from '../details/daemon-lines.js';
import {dim, heading} from '../details/facts.js';
import {portLines} from '../details/port-lines.js';
import {type FreeOverTime, providerLines} from '../details/provider-lines.js';
import {vmLines} from '../details/vm-lines.js';
import {pickerRows, type Rectangle} from '../layout.js';
import {pickerItems} from '../pickers.js';
import type {Runtime} from '../runtime.js';
import {isPicker, type PickerView, type View} from '../ui-state.js';
import {type Line, Lines} from './lines.js';
import {activityLines, formLines, logLines, questionLines} from './overlay-lines.js';
import {useSelected} from './use-selected.js';

export type ViewProps = {
	readonly runtime: Runtime;
	readonly view: View;
	readonly area: Rectangle;
	readonly historyOf: (providerId: string) => FreeOverTime;
};

/** What lies over the panes. */
export function ViewScreen(props: ViewProps) {
	const {runtime, view, area} = props;
	if (isPicker(view)) {
		return <PickerScreen runtime={runtime} view={view} area={area} />;
	}

	return <LinesView runtime={runtime} view={view} area={area} historyOf={props.historyOf} />;
}

function PickerScreen({
	runtime,
	view,
	area,
}: Omit<ViewProps, 'view' | 'historyOf'> & {readonly view: PickerView}) {
	useSelected(runtime.picture, picture => picture);
	const items = pickerItems(runtime, view);
	const height = pickerRows({body: area});
	const title = view.kind === 'palette' ? 'All actions' : 'The keys that work here';
	return (
		<Box flexDirection="column" width={area.width} height={area.height} flexShrink={0} overflow="hidden">
			<TextLine width={area.width} spans={[{text: ` ${title}`, style: {bold: true}}]} />
			<TextLine width={area.width} spans={[{text: ''}]} />
			<ListPicker
				items={items}
				state={reducePicker(view.picker, {type: 'resize', height}, items)}
				width={area.width}
				placeholder="type to find one"
			/>
		</Box>
	);
}

function LinesView({runtime, view, area, historyOf}: ViewProps) {
	const picture = useSelected(runtime.picture, known => known);
	const ui = useSelected(runtime.ui, state => state);
	const {width, height} = area;
	const onTop = useCallback(
		(top: number) => {
			runtime.drawn.top = top;
		},
		[runtime],
	);
	const lines = ((): readonly Line[] => {
		switch (view.kind) {
			case 'vm': {
				const vm = picture.vms.get(view.name);
				return vm ? vmLines(vm, width, ui.now) : gone(`The VM ${view.name} is not rented any more.`);
			}

			case 'provider': {
				const entry = picture.directory.providers.get(view.id);
				return entry
					? providerLines(entry, historyOf(view.id), width)
					: gone(`The provider ${view.id} offers nothing any more.`);
			}

			case 'port': {
				const {ports} = picture;
				const port = ports && [ports.api, ...ports.ports].find(candidate => candidate.port === view.port);
				return port ? portLines(port, ports) : gone('The provider here does not run any more.');
			}

			case 'daemon':
				return daemonLines(picture.daemons[view.name], ui.now);
			case 'activity': {
				const activity = ui.activities.find(({id}) => id === view.id);
				return activity ? activityLines(activity, ui.now) : gone('That is over.');
			}

			case 'form':
				return formLines(view, {width, height});
			case 'question':
				return questionLines(view, width);
			case 'log':
				return logLines(view, height);
			default:
				return [];
		}
	})();
	return (
		<Lines
			lines={lines}
			top={'top' in view ? view.top : 0}
			width={width}
			height={height}
			wraps={view.kind !== 'log'}
			onTop={onTop}
		/>
	);
}

function gone(text: string): Line[] {
	return [...heading(text), dim('Esc goes back.')];
}
