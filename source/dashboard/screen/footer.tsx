import {Box} from 'ink';
import {displayText, displayWidth, fitText} from '../../components/display-text.js';
import {type Span, TextLine} from '../../components/text-line.js';
import {actionOf} from '../actions/all-actions.js';
import type {ActionId} from '../bindings.js';
import {showKey} from '../keymap.js';
import {placesOf} from '../places.js';
import type {Runtime} from '../runtime.js';
import {topView, type UiState} from '../ui-state.js';
import {useSelected} from './use-selected.js';

/** A remark, and the keys that work here. Each row is drawn for itself, and only where its text is another one. */
export function Footer({runtime}: {readonly runtime: Runtime}) {
	return (
		<Box flexDirection="column" height={2} flexShrink={0}>
			<Remark runtime={runtime} />
			<Keys runtime={runtime} />
		</Box>
	);
}

function Remark({runtime}: {readonly runtime: Runtime}) {
	const ui = useSelected(runtime.ui, state => state);
	return <TextLine width={ui.size.columns} spans={remark(ui)} />;
}

function Keys({runtime}: {readonly runtime: Runtime}) {
	const ui = useSelected(runtime.ui, state => state);
	// What can be done depends on what is selected.
	useSelected(runtime.picture, picture => picture);
	return <TextLine width={ui.size.columns} spans={keySpans(runtime, ui)} />;
}

function remark({message, activities, size}: UiState): Span[] {
	if (message) {
		const isError = message.kind === 'error';
		return [
			{
				text: fitText(` ${isError ? '! ' : ''}${message.text}`, size.columns),
				style: isError ? {color: 'red'} : {color: 'green'},
			},
		];
	}

	const running = activities.findLast(({state}) => state === 'running');
	const step = running?.steps.at(-1)?.message;
	return [
		{text: running ? fitText(` … ${step ?? running.title}`, size.columns) : '', style: {color: 'cyan'}},
	];
}

/** Keys of this rank and above are in the line wherever one is. */
const generalRank = 40;

/** As many as there is room for; one that cannot be used now is dim, and says why when it is pressed. */
function keySpans(runtime: Runtime, ui: UiState): Span[] {
	const own = ownKeys(ui);
	const entries =
		own ??
		runtime.keymap
			.at(placesOf(ui))
			.filter(({rank, id}) => rank !== undefined && isShown(id as ActionId, ui, runtime))
			.sort((one, other) => (one.rank ?? 0) - (other.rank ?? 0))
			.map(({id, keys, label, rank = 0}) => ({
				key: showKey(keys[0] ?? ''),
				label,
				isGeneral: rank >= generalRank,
				isPossible: actionOf(id as ActionId)?.unavailable?.(runtime) === undefined,
			}));
	return fitting(entries, ui.size.columns - 1).flatMap(({key, label, isPossible}): Span[] => [
		{text: ` ${key}`, style: isPossible ? {bold: true} : {dimColor: true}},
		{text: ` ${label} `, style: isPossible ? {} : {dimColor: true}},
	]);
}

type KeyEntry = {key: string; label: string; isPossible: boolean; isGeneral?: boolean};

/** Those that fit, of those that can be used first; the ways out and to everything else are always among them. */
function fitting(entries: readonly KeyEntry[], columns: number): KeyEntry[] {
	const widthOf = ({key, label}: KeyEntry) => displayWidth(displayText(`${key} ${label}`)) + 2;
	const general = entries.filter(({isGeneral}) => isGeneral);
	const others = entries.filter(({isGeneral}) => !isGeneral);
	let left = columns - general.reduce((sum, entry) => sum + widthOf(entry), 0);
	const fits = new Set(
		others
			.toSorted((one, other) => Number(other.isPossible) - Number(one.isPossible))
			.filter(entry => {
				left -= widthOf(entry);
				return left >= 0;
			}),
	);
	return [...others.filter(entry => fits.has(entry)), ...general];
}

/** `back` leads nowhere from the main view, unless out of a filter. */
function isShown(id: ActionId, ui: UiState, {picture}: Runtime): boolean {
	if (id === 'back') {
		return topView(ui) !== undefined || ui.tables[ui.focus].filter !== '';
	}

	return id !== 'demo' || picture.get().vms.size === 0;
}

/** Where keys are letters of a text, those that are not. */
function ownKeys(ui: UiState): KeyEntry[] | undefined {
	const view = topView(ui);
	const keys = (...entries: Array<readonly [string, string]>) =>
		entries.map(([key, label]) => ({key, label, isPossible: true}));
	if (view?.kind === 'form') {
		return keys(['Enter', 'create'], ['↑↓', 'field'], ['←→', 'choice'], ['Esc', 'leave']);
	}

	if (view?.kind === 'question') {
		return view.mustType === undefined
			? keys(['y', 'yes'], ['any other key', 'no'])
			: keys(['Enter', 'when the name is typed'], ['Esc', 'no']);
	}

	if (view?.kind === 'palette' || view?.kind === 'help') {
		return keys(['Enter', view.kind === 'palette' ? 'do it' : 'close'], ['↑↓', 'move'], ['Esc', 'back']);
	}

	const isTyping = view === undefined ? ui.filtering !== undefined : view.kind === 'log' && view.isFiltering;
	return isTyping ? keys(['Enter', 'keep the filter'], ['Esc', 'drop it']) : undefined;
}
