import {displayText, displayWidth, fitText, truncateText} from '../../components/display-text.js';
import type {Line} from '../screen/lines.js';

/** A stranger may name things at any length. */
const longestName = 24;

/** `name   value` rows under a heading; those without a value are left out. */
export function facts(
	entries: ReadonlyArray<
		readonly [name: string, value: string | undefined | null, color?: string | undefined]
	>,
): Line[] {
	const given = entries
		.filter(([, value]) => value !== undefined && value !== null && value !== '')
		.map(([name, ...rest]) => [truncateText(displayText(name), longestName), ...rest] as const);
	const width = Math.max(0, ...given.map(([name]) => displayWidth(name))) + 2;
	return given.map(([name, value, color]) => [
		{text: `  ${fitText(name, width)}`, style: {dimColor: true}},
		{text: value ?? '', ...(color ? {style: {color}} : {})},
	]);
}

export function heading(text: string): Line[] {
	return [[{text: ''}], [{text, style: {bold: true}}]];
}

export function plain(text: string): Line {
	return [{text: `  ${text}`}];
}

export function dim(text: string): Line {
	return [{text: `  ${text}`, style: {dimColor: true}}];
}

/** `12.3 MB`. */
export function bytes(count: number): string {
	const units = ['B', 'KB', 'MB', 'GB', 'TB'];
	const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3));
	const value = count / 1000 ** power;
	return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** `08:15:02`, in the user's own time. */
export function clock(at: number): string {
	return new Date(at).toTimeString().slice(0, 8);
}
