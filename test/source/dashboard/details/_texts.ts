import {displayText} from '../../../../source/components/display-text.js';
import type {Line} from '../../../../source/dashboard/screen/lines.js';

/** What is to be read, a row each; texts are made harmless as they are when they are drawn. */
export function textOf(lines: readonly Line[]): string {
	return lines.map(line => `${line.map(({text}) => displayText(text)).join('')}\n`).join('');
}

/** What somebody may call themselves who wants to write over the screen, or to reach further than their own row. */
export const hostile = `\u001B[2J\u001B]0;mine\u0007\u202Eevil\r\n${'x'.repeat(2000)}`;

/** Is there anything in it that a terminal would obey? */
export const isHarmless = (text: string) =>
	!/[\p{Cc}\u202A-\u202E\u2066-\u2069]/u.test(text.replaceAll('\n', ''));
