import type {TableColumn} from '../../../source/components/table-state.js';

export type Vm = {readonly key: string; readonly name: string; readonly load: number; readonly note: string};

export const columns: ReadonlyArray<TableColumn<Vm>> = [
	{id: 'name', title: 'NAME', width: {min: 8, grow: 1}, priority: 2, text: ({name}) => name},
	{
		id: 'load',
		title: 'LOAD',
		width: {min: 6},
		align: 'right',
		priority: 1,
		text: ({load}) => `${load} %`,
		color: ({load}) => (load > 90 ? 'red' : undefined),
	},
	{id: 'note', title: 'NOTE', width: {min: 8, grow: 1}, text: ({note}) => note},
];

export const vms: readonly Vm[] = [
	{key: '1', name: 'web', load: 4, note: 'fine'},
	{key: '2', name: '漢字の名前です', load: 95, note: 'two\nlines'},
	{key: '3', name: 'base', load: 50, note: '\u001B[2Jgone'},
];
