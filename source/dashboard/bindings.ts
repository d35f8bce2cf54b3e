/** Where a binding holds: in any pane, in tables, in one pane or one kind of view. */
export type Place =
	| 'everywhere'
	| 'main'
	| 'vms'
	| 'providers'
	| 'ports'
	| 'daemons'
	| 'vm'
	| 'provider'
	| 'port'
	| 'daemon'
	| 'log'
	| 'activity';

export type Binding = {
	/** Names the action, also in the configuration. */
	id: string;
	/** In the order of preference; the first is the one that is shown. */
	keys: readonly string[];
	/** Two words at most: for the line of keys. */
	label: string;
	/** For the help and the palette. */
	help: string;
	places: readonly Place[];
	/** Is it in the line of keys? The lower, the earlier. */
	rank?: number;
};

/** All keys. Help, palette and the line of keys are drawn from this, and nothing else says what a key does. */
export const bindings = [
	{
		id: 'up',
		keys: ['up', 'k'],
		label: 'up',
		help: 'One up',
		places: ['main', 'vm', 'provider', 'port', 'daemon', 'log', 'activity'],
	},
	{
		id: 'down',
		keys: ['down', 'j'],
		label: 'down',
		help: 'One down',
		places: ['main', 'vm', 'provider', 'port', 'daemon', 'log', 'activity'],
	},
	{id: 'left', keys: ['left', 'h'], label: 'left', help: 'To the left', places: ['ports', 'log']},
	{id: 'right', keys: ['right', 'l'], label: 'right', help: 'To the right', places: ['ports', 'log']},
	{
		id: 'page-up',
		keys: ['pageup', 'ctrl-b'],
		label: 'page up',
		help: 'One page up',
		places: ['main', 'vm', 'provider', 'port', 'daemon', 'log', 'activity'],
	},
	{
		id: 'page-down',
		keys: ['pagedown', 'ctrl-f'],
		label: 'page down',
		help: 'One page down',
		places: ['main', 'vm', 'provider', 'port', 'daemon', 'log', 'activity'],
	},
	{
		id: 'home',
		keys: ['home', 'g'],
		label: 'first',
		help: 'To the first',
		places: ['main', 'vm', 'provider', 'port', 'daemon', 'log', 'activity'],
	},
	{
		id: 'end',
		keys: ['end', 'G'],
		label: 'last',
		help: 'To the last',
		places: ['main', 'vm', 'provider', 'port', 'daemon', 'log', 'activity'],
	},
	{
		id: 'details',
		keys: ['enter'],
		label: 'details',
		help: 'Show all of what is selected',
		places: ['main'],
		rank: 1,
	},
	{
		id: 'back',
		keys: ['escape'],
		label: 'back',
		help: 'Back, or clear the filter',
		places: ['everywhere'],
		rank: 1,
	},
	{id: 'next-pane', keys: ['tab'], label: 'next pane', help: 'To the next pane', places: ['main'], rank: 30},
	{
		id: 'previous-pane',
		keys: ['shift-tab'],
		label: 'previous pane',
		help: 'To the pane before',
		places: ['main'],
	},
	{id: 'pane-1', keys: ['1'], label: 'VMs', help: 'To the VMs', places: ['main']},
	{id: 'pane-2', keys: ['2'], label: 'providers', help: 'To the providers', places: ['main']},
	{id: 'pane-3', keys: ['3'], label: 'ports', help: 'To the ports', places: ['main']},
	{id: 'pane-4', keys: ['4'], label: 'daemons', help: 'To the daemons', places: ['main']},
	{
		id: 'filter',
		keys: ['/'],
		label: 'filter',
		help: 'Show only what matches; !word leaves out what does',
		places: ['vms', 'providers', 'log'],
		rank: 21,
	},
	{
		id: 'sort',
		keys: ['s'],
		label: 'sort',
		help: 'Sort by the next column',
		places: ['vms', 'providers'],
		rank: 22,
	},
	{
		id: 'sort-reverse',
		keys: ['S'],
		label: 'reverse',
		help: 'Turn the order round',
		places: ['vms', 'providers'],
	},
	{
		id: 'vm.create',
		keys: ['c'],
		label: 'create VM',
		help: 'Rent a new VM',
		places: ['vms', 'providers', 'provider'],
		rank: 2,
	},
	{
		id: 'vm.ssh',
		keys: ['o'],
		label: 'open shell',
		help: 'Open a shell in the VM, by OpenSSH',
		places: ['vms', 'vm'],
		rank: 3,
	},
	{id: 'vm.start', keys: ['u'], label: 'start', help: 'Start the VM', places: ['vms', 'vm'], rank: 5},
	{
		id: 'vm.stop',
		keys: ['x'],
		label: 'stop',
		help: 'Stop the VM; its disk and its port stay',
		places: ['vms', 'vm'],
		rank: 6,
	},
	{
		id: 'vm.destroy',
		keys: ['D'],
		label: 'destroy',
		help: 'Give the VM back, with all that is on its disk',
		places: ['vms', 'vm'],
		rank: 7,
	},
	{
		id: 'vm.copy',
		keys: ['y'],
		label: 'copy ssh',
		help: 'Copy the command that opens a shell',
		places: ['vms', 'vm'],
		rank: 8,
	},
	{
		id: 'provider.copy',
		keys: ['y'],
		label: 'copy id',
		help: 'Copy the provider’s id',
		places: ['providers', 'provider'],
	},
	{
		id: 'ports.verify',
		keys: ['v'],
		label: 'verify',
		help: 'Have all ports tried from outside now',
		places: ['ports', 'port'],
		rank: 2,
	},
	{
		id: 'daemon.start',
		keys: ['u'],
		label: 'start',
		help: 'Start the daemon in the background',
		places: ['daemons', 'daemon'],
		rank: 2,
	},
	{
		id: 'daemon.stop',
		keys: ['x'],
		label: 'stop',
		help: 'Stop the daemon',
		places: ['daemons', 'daemon'],
		rank: 3,
	},
	{
		id: 'daemon.logs',
		keys: ['f'],
		label: 'follow log',
		help: 'Follow the daemon’s log',
		places: ['daemons', 'daemon'],
		rank: 4,
	},
	{
		id: 'log.pause',
		keys: ['space', 'p'],
		label: 'pause',
		help: 'Hold the log still, or let it go on',
		places: ['log'],
		rank: 2,
	},
	{
		id: 'activities',
		keys: ['a'],
		label: 'activity',
		help: 'What is under way, or was last',
		places: ['main'],
		rank: 25,
	},
	{
		id: 'demo',
		keys: ['d'],
		label: 'demo',
		help: 'A whole network on this machine, with a VM in it',
		places: ['main'],
		rank: 9,
	},
	{
		id: 'mouse',
		keys: ['m'],
		label: 'mouse',
		help: 'Let the mouse select, or let the terminal have it',
		places: ['main'],
	},
	{
		id: 'palette',
		keys: [':'],
		label: 'actions',
		help: 'Find an action by typing',
		places: ['everywhere'],
		rank: 40,
	},
	{
		id: 'help',
		keys: ['?', 'f1'],
		label: 'help',
		help: 'The keys that work here',
		places: ['everywhere'],
		rank: 41,
	},
	{
		id: 'suspend',
		keys: ['ctrl-z'],
		label: 'suspend',
		help: 'Back to the shell; fg comes here again',
		places: ['everywhere'],
	},
	{
		id: 'quit',
		keys: ['q', 'ctrl-c'],
		label: 'quit',
		help: 'Leave; daemons and VMs go on',
		places: ['everywhere'],
		rank: 42,
	},
] as const satisfies readonly Binding[];

export type ActionId = (typeof bindings)[number]['id'];
