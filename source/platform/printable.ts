/** Takes out what could move a cursor or change a terminal: texts of strangers end up here. */
export function printable(text: string): string {
	return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '');
}
