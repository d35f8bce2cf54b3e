/** The four that make up the main view, in the order of their number keys. */
export const paneIds = ['vms', 'providers', 'ports', 'daemons'] as const;
export type PaneId = (typeof paneIds)[number];

export const paneTitles: Readonly<Record<PaneId, string>> = {
	vms: 'VMs',
	providers: 'Providers',
	ports: 'Ports',
	daemons: 'Daemons',
};
