import {Box} from 'ink';
import {displayText, fitText} from '../../components/display-text.js';
import {type Span, TextLine} from '../../components/text-line.js';
import {version} from '../../platform/program.js';
import {shortId} from '../../protocol/short-id.js';
import {agoText} from '../details/vm-lines.js';
import type {Picture} from '../picture.js';
import type {Runtime} from '../runtime.js';
import {useSelected} from './use-selected.js';

/** Who this is, and how the network is. Each row is drawn for itself, and only where its text is another one. */
export function Header({runtime}: {readonly runtime: Runtime}) {
	return (
		<Box flexDirection="column" height={2} flexShrink={0}>
			<Who runtime={runtime} />
			<Discovery runtime={runtime} />
		</Box>
	);
}

function Who({runtime}: {readonly runtime: Runtime}) {
	const {columns} = useSelected(runtime.ui, ui => ui.size);
	const identity = useSelected(runtime.picture, picture => picture.identity);
	const who = [
		` golem ${version}`,
		identity ? shortId(identity) : 'no identity yet',
		runtime.isDemo ? 'DEMO NETWORK' : runtime.paths.home,
	].join('  ');
	return <TextLine width={columns} spans={[{text: fitText(who, columns), style: {bold: true}}]} />;
}

function Discovery({runtime}: {readonly runtime: Runtime}) {
	const {columns} = useSelected(runtime.ui, ui => ui.size);
	const now = useSelected(runtime.ui, ui => ui.now);
	const directory = useSelected(runtime.picture, picture => picture.directory);
	return <TextLine width={columns} spans={discoverySpans(directory, now).map(safe)} />;
}

const safe = (span: Span): Span => ({...span, text: displayText(span.text)});

/** One server after the other; what cannot be reached says so, and how old is what was heard of it. */
function discoverySpans({servers, providers}: Picture['directory'], now: number): Span[] {
	if (servers.length === 0) {
		return [{text: ' discovery: none is configured', style: {color: 'yellow'}}];
	}

	const each = servers.flatMap(({url, state, at}): Span[] => {
		if (state === 'asking' && at === undefined) {
			return [{text: ` … ${url}`, style: {dimColor: true}}];
		}

		if (state === 'failed') {
			// What the error is in whole, the pane of the providers says.
			const age = at === undefined ? 'never heard of' : `last heard ${agoText(at, now)}`;
			return [{text: ` ✗ ${url} does not answer (${age})`, style: {color: 'red'}}];
		}

		return [{text: ` ✓ ${url}`, style: {color: 'green'}}];
	});
	return [{text: ` ${providers.size} provider${providers.size === 1 ? '' : 's'} `}, ...each];
}
