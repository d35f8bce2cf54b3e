import {displayText} from './display-text.js';
import {parseQuery, scoreQuery} from './fuzzy.js';
import {clampIndex, scrollTo} from './scrolling.js';
import {
	emptyTextField,
	reduceTextField,
	type TextFieldAction,
	type TextFieldState,
} from './text-field-state.js';

/** Something that can be picked. */
export type PickerItem = {
	readonly id: string;
	readonly label: string;
	/** Shown behind the label, as far as there is room. */
	readonly detail?: string;
	/** Always shown, at the right, such as the key that does the same. */
	readonly mark?: string;
	/** Other words that it is found by. */
	readonly keywords?: string;
};

/** An item that answers the query, with the code points of its label that do. */
export type PickerMatch<Item> = {readonly item: Item; readonly positions: readonly number[]};

export type PickerState = {
	readonly query: TextFieldState;
	/** Among the matches. */
	readonly index: number;
	/** The first match on the screen, and how many are. */
	readonly top: number;
	readonly height: number;
};

export type PickerAction =
	| {readonly type: 'edit'; readonly edit: TextFieldAction}
	| {readonly type: 'move'; readonly by: number}
	| {readonly type: 'page'; readonly by: number}
	| {readonly type: 'home'}
	| {readonly type: 'end'}
	| {readonly type: 'resize'; readonly height: number};

export const emptyPicker: PickerState = {query: emptyTextField, index: 0, top: 0, height: 1};

/** What a picker does on an action; another query puts the selection on its best match. */
export function reducePicker(
	state: PickerState,
	action: PickerAction,
	items: readonly PickerItem[],
): PickerState {
	const count = () => pickerMatches(items, state.query.text).length;
	switch (action.type) {
		case 'edit': {
			const query = reduceTextField(state.query, action.edit);
			return query.text === state.query.text ? {...state, query} : {...state, query, index: 0, top: 0};
		}
		case 'move':
			return moveTo(state, state.index + action.by, count());
		case 'page': {
			const by = action.by * Math.max(1, state.height);
			return moveTo({...state, top: state.top + by}, state.index + by, count());
		}
		case 'home':
			return moveTo(state, 0, count());
		case 'end':
			return moveTo(state, Number.POSITIVE_INFINITY, count());
		case 'resize':
			return moveTo({...state, height: Math.max(1, action.height)}, state.index, count());
	}
}

function moveTo(state: PickerState, wanted: number, count: number): PickerState {
	const index = clampIndex(wanted, count);
	return {...state, index, top: scrollTo(index, {top: state.top, height: state.height, count})};
}

/** The item that Enter takes; undefined where nothing answers. */
export function pickedItem<Item extends PickerItem>(
	state: PickerState,
	items: readonly Item[],
): Item | undefined {
	const matches = pickerMatches(items, state.query.text);
	return matches[clampIndex(state.index, matches.length)]?.item;
}

/** The items that answer, the best first; all of them, as they come, where nothing is asked. */
export function pickerMatches<Item extends PickerItem>(
	items: readonly Item[],
	text: string,
): Array<PickerMatch<Item>> {
	const query = parseQuery(text);
	const found = items.flatMap(item => {
		const label = displayText(item.label);
		const match = scoreQuery(query, label);
		if (match) {
			return [{item, positions: match.positions, score: match.score}];
		}

		// What is found by its keywords alone comes after what is found by its name.
		const wider = item.keywords && scoreQuery(query, `${label} ${item.keywords}`);
		const length = [...label].length;
		return wider
			? [{item, positions: wider.positions.filter(position => position < length), score: wider.score - 1000}]
			: [];
	});
	return found.sort((one, other) => other.score - one.score).map(({item, positions}) => ({item, positions}));
}
