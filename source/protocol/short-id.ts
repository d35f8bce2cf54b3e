/**
An identity's id as people see it where there is no room for all of it: `0x2c7536…5c23`.
@param more stands for what is left out
*/
export function shortId(id: string, more = '…'): string {
	return id.length > 13 ? `${id.slice(0, 8)}${more}${id.slice(-4)}` : id;
}
