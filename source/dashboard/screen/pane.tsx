import {Box} from 'ink';
import type {ReactNode} from 'react';
import {displayText, displayWidth} from '../../components/display-text.js';
import {writtenText} from '../../components/text-field.js';
import {type Span, TextLine} from '../../components/text-line.js';
import type {Layout, Rectangle} from '../layout.js';
import {type PaneId, paneIds, paneTitles, tabText} from '../panes.js';
import type {UiState} from '../ui-state.js';

export type PaneProps = {
	readonly id: PaneId;
	readonly ui: UiState;
	readonly mode: Layout['mode'];
	readonly area: Rectangle;
	/** How many there are, and of how many where some are left out. */
	readonly count: string;
	readonly children: ReactNode;
};

/** A pane under its title; where only one is seen, its title tells of the others. */
export function Pane({id, ui, mode, area, count, children}: PaneProps) {
	const spans = mode === 'tabs' ? tabSpans(id, count) : titleSpans(id, ui.focus === id, count);
	const before = spans.reduce((sum, {text}) => sum + displayWidth(displayText(text)), 0);
	const filter = displayText(filterText(id, ui, area.width - before));
	const used = before + displayWidth(filter);
	return (
		<Box flexDirection="column" width={area.width} height={area.height} flexShrink={0} overflow="hidden">
			<TextLine
				width={area.width}
				spans={[
					...spans,
					{text: filter, style: {color: 'yellow'}},
					{text: '─'.repeat(Math.max(0, area.width - used)), style: {dimColor: true}},
				]}
			/>
			{children}
		</Box>
	);
}

function titleSpans(id: PaneId, isFocused: boolean, count: string): Span[] {
	const number = paneIds.indexOf(id) + 1;
	return [
		{text: isFocused ? '━▶ ' : '── ', style: isFocused ? {color: 'cyan'} : {dimColor: true}},
		{text: `${number} ${paneTitles[id]}`, style: isFocused ? {bold: true, color: 'cyan'} : {bold: true}},
		{text: count === '' ? ' ' : ` ${count} `},
	];
}

function tabSpans(focused: PaneId, count: string): Span[] {
	const tabs = paneIds.map((id): Span => {
		const text = tabText(id);
		return id === focused
			? {text: `[${text}]`, style: {bold: true, color: 'cyan'}}
			: {text: ` ${text} `, style: {dimColor: true}};
	});
	return [...tabs, {text: count === '' ? ' ' : `  ${count} `}];
}

function filterText(id: PaneId, {tables, filtering, focus}: UiState, width: number): string {
	if (filtering && focus === id) {
		return `/${writtenText(filtering, width - 2)} `;
	}

	const {filter} = tables[id];
	return filter === '' ? '' : `/${filter} `;
}
