/** The four that make up the main view, in the order of their number keys. */
export const paneIds = ['vms', 'providers', 'ports', 'daemons'] as const;
export type PaneId = (typeof paneIds)[number];

export const paneTitles: Readonly<Record<PaneId, string>> = {
	vms: 'VMs',
	providers: 'Providers',
	ports: 'Ports',
	daemons: 'Daemons',
};

/** What a tab says; it stands between brackets or blanks, whether it is the one that is seen or not. */
export const tabText = (id: PaneId): string => `${paneIds.indexOf(id) + 1} ${paneTitles[id]}`;

/** The tab at a column of the row of tabs. */
export function tabAt(column: number): PaneId | undefined {
	let end = 0;
	return paneIds.find(id => {
		end += tabText(id).length + 2;
		return column < end;
	});
}
