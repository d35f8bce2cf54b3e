import test from 'ava';
import {
	daemonColumns,
	daemonState,
	percent,
	providerColumns,
	providerNote,
	sshAddress,
	vmColumns,
} from '../../../source/dashboard/columns.js';
import {
	emptyPicture,
	type Picture,
	withDaemon,
	withRentals,
	withVm,
} from '../../../source/dashboard/picture.js';
import {createTables} from '../../../source/dashboard/tables.js';
import type {UiState} from '../../../source/dashboard/ui-state.js';
import type {DirectoryEntry} from '../../../source/requestor/provider-directory.js';
import {createRandom} from '../../support/random.js';
import {portsReport} from '../hosting/_reports.js';
import {
	access,
	daemonStatus,
	entry,
	providerId,
	rental,
	uiState,
	usage,
	vm,
	withProviders,
} from './_stand-ins.js';

const empty = emptyPicture('/nowhere');
const keys = (rows: ReadonlyArray<{key: string}>) => rows.map(({key}) => key);
const cells = <Row>(columns: ReadonlyArray<{id: string; text: (row: Row) => string}>, row: Row) =>
	Object.fromEntries(columns.map(({id, text}) => [id, text(row)]));

test('each pane has a row for each thing, by its key', t => {
	const tables = createTables();
	const picture: Picture = {
		...withProviders(withRentals(empty, [rental('web'), rental('db')]), [entry(1), entry(2)]),
		ports: portsReport(),
	};
	t.deepEqual(keys(tables.vms(picture, uiState())), ['web', 'db']);
	t.deepEqual(keys(tables.providers(picture, uiState())), [providerId(1), providerId(2)]);
	t.deepEqual(keys(tables.daemons(picture, uiState())), ['discovery', 'port-checker', 'provider']);
	t.deepEqual(keys(tables.ports(picture, uiState())).slice(0, 3), ['7466', '50800', '50801']);
	t.deepEqual(keys(tables.ports(empty, uiState())), []);
});

test('rows of what has not changed are the same objects, and all of them the same array', t => {
	const tables = createTables();
	const ui = uiState();
	const before = {
		...withProviders(withRentals(empty, [rental('web'), rental('db')]), [entry(1)]),
		ports: portsReport(),
	};
	const rowsOf = (picture: Picture) => [
		tables.vms(picture, ui),
		tables.providers(picture, ui),
		tables.ports(picture, ui),
		tables.daemons(picture, ui),
	];
	const first = rowsOf(before);
	const elsewhere = {...before, identity: '0x1'};
	t.deepEqual(
		rowsOf(elsewhere).map((rows, index) => rows === first[index]),
		[true, true, true, true],
	);

	const after = withVm(before, 'web', view => ({...view, status: 'running'}));
	const [web, db] = tables.vms(before, ui);
	const rows = tables.vms(after, ui);
	t.not(rows[0], web);
	t.is(rows[1], db);
});

test('the first row is selected as soon as there is one', t => {
	const tables = createTables();
	const picture = withProviders(withRentals(empty, [rental('web'), rental('db')]), [entry(1)]);
	const ui = tables.follow(uiState(), picture);
	t.is(ui.tables.vms.selectedKey, 'web');
	t.is(ui.tables.providers.selectedKey, providerId(1));
	t.is(ui.tables.daemons.selectedKey, 'discovery');
	t.is(ui.tables.ports.selectedKey, undefined);
	t.is(tables.follow(ui, picture), ui);
});

test('the same row stays selected while others come and go, and its neighbour where it goes itself', t => {
	const tables = createTables();
	const names = (...given: string[]) =>
		withRentals(
			empty,
			given.map(name => rental(name)),
		);
	let ui = tables.follow(uiState(), names('web', 'db', 'log'));
	ui = tables.act(ui, names('web', 'db', 'log'), 'vms', {type: 'select', key: 'db'});
	ui = tables.follow(ui, names('new', 'db', 'log'));
	t.is(ui.tables.vms.selectedKey, 'db');
	ui = tables.follow(ui, names('new', 'log'));
	t.is(ui.tables.vms.selectedKey, 'log');
	ui = tables.follow(ui, names());
	t.is(ui.tables.vms.selectedKey, undefined);
});

test('a change of one pane leaves the tables of the others as they are', t => {
	const tables = createTables();
	const picture = withProviders(withRentals(empty, [rental('web'), rental('db')]), [entry(1), entry(2)]);
	const before = tables.follow(uiState(), picture);
	const after = tables.act(before, picture, 'vms', {type: 'move', by: 1});
	t.is(after.tables.vms.selectedKey, 'db');
	t.is(after.tables.providers, before.tables.providers);
});

test('a filter takes rows away at once, and what is selected with them', t => {
	const tables = createTables();
	const picture = withRentals(empty, [rental('web'), rental('db'), rental('db-2')]);
	let ui = tables.follow(uiState(), picture);
	ui = tables.act(ui, picture, 'vms', {type: 'filter', text: 'db'});
	t.deepEqual(keys(tables.vms(picture, ui)), ['db', 'db-2']);
	t.is(ui.tables.vms.selectedKey, 'db');
	ui = tables.act(ui, picture, 'vms', {type: 'filter', text: 'db !2'});
	t.deepEqual(keys(tables.vms(picture, ui)), ['db']);
	ui = tables.act(ui, picture, 'vms', {type: 'filter', text: 'nothing like it'});
	t.is(ui.tables.vms.selectedKey, undefined);
	ui = tables.act(ui, picture, 'vms', {type: 'filter', text: ''});
	t.is(ui.tables.vms.selectedKey, 'web');
	t.is(tables.vms(picture, ui).length, 3);
});

test('a sort by numbers is one of numbers, and turns round', t => {
	const tables = createTables();
	const memory = (index: number, amount: number) =>
		entry(index, {resources: {cpu: 1, memory: amount, storage: 1}});
	const picture = withProviders(empty, [memory(1, 8), memory(2, 16), memory(3, 4)]);
	let ui = tables.follow(uiState(), picture);
	ui = tables.act(ui, picture, 'providers', {type: 'sort', column: 'memory'});
	t.deepEqual(keys(tables.providers(picture, ui)), [3, 1, 2].map(providerId));
	t.is(ui.tables.providers.selectedKey, providerId(1));
	ui = tables.act(ui, picture, 'providers', {type: 'sort', column: 'memory'});
	t.deepEqual(keys(tables.providers(picture, ui)), [2, 1, 3].map(providerId));
	ui = tables.act(ui, picture, 'providers', {type: 'sort', column: 'memory'});
	t.deepEqual(keys(tables.providers(picture, ui)), [1, 2, 3].map(providerId));
});

test('ten thousand providers stay in order, and the selected one selected, while a hundred of them change', t => {
	const random = createRandom(7);
	const tables = createTables();
	const providers = new Map<string, DirectoryEntry>();
	const change = (index: number) => {
		const cpu = 1 + random.below(64);
		providers.set(providerId(index), entry(index, {resources: {cpu, memory: 8, storage: 100}}));
	};
	for (let index = 0; index < 10_000; index++) {
		change(index);
	}

	const pictureNow = (): Picture => ({...empty, directory: {servers: [], providers: new Map(providers)}});
	let picture = pictureNow();
	let ui: UiState = tables.follow(uiState(), picture);
	ui = tables.act(ui, picture, 'providers', {type: 'sort', column: 'cpu'});
	ui = tables.act(ui, picture, 'providers', {type: 'select', key: providerId(5000)});
	for (let step = 0; step < 20; step++) {
		const before = new Set(tables.providers(picture, ui));
		for (let count = 0; count < 100; count++) {
			change(random.below(10_000));
		}

		picture = pictureNow();
		ui = tables.follow(ui, picture);
		const rows = tables.providers(picture, ui);
		t.is(rows.length, 10_000);
		t.is(ui.tables.providers.selectedKey, providerId(5000));
		// All but the hundred are the very rows they were: nothing of them is drawn or measured anew.
		t.true(rows.filter(row => !before.has(row)).length <= 100);
		const cores = rows.map(({entry: known}) => known.advertisement.resources.cpu);
		t.true(cores.every((count, index) => index === 0 || (cores[index - 1] ?? 0) <= count));
	}
});

test('a VM is told by its state, and doubted while its provider is silent', t => {
	const tables = createTables();
	const picture = withVm(withRentals(empty, [rental('web')]), 'web', view => ({
		...view,
		status: 'running',
		isLive: true,
		vm: vm('web'),
		usage: [usage(1, {cpu_percent: 12.4})],
	}));
	const text = (known: Picture) => {
		const [row] = tables.vms(known, uiState());
		return row ? cells(vmColumns, row) : {};
	};
	t.like(text(picture), {
		name: 'web',
		status: 'running',
		cpu: '12 %',
		size: '1c 1G 10G',
		ssh: '127.0.0.1:50801',
		provider: '0xaaaaaa…aaaa',
	});
	t.is(text(withVm(picture, 'web', view => ({...view, isLive: false})))['status'], 'running?');
	const unknown = withVm(picture, 'web', view => ({
		...view,
		isLive: false,
		status: 'unreachable',
		usage: [],
	}));
	t.like(text(unknown), {status: 'unreachable', cpu: '-'});
	t.like(text(withRentals(empty, [rental('web')])), {status: 'asking', ssh: '-'});
});

test('the address to go to is the one of now, else the one it was rented with', t => {
	const view = withRentals(empty, [rental('web', {access})]).vms.get('web');
	t.is(view && sshAddress(view), '127.0.0.1:50801');
	t.is(view && sshAddress({...view, vm: vm('web', {ssh_port: 50_999})}), '127.0.0.1:50999');
	t.is(view && sshAddress({...view, rental: rental('web')}), undefined);
});

test('a provider is noted for what speaks against it', t => {
	t.is(providerNote(entry(1)), '');
	t.is(providerNote(entry(1, {over_threshold: ['cpu', 'memory']})), 'short of cpu, memory');
	t.is(providerNote({...entry(1, {over_threshold: ['cpu']}), isGenuine: false}), 'forged');
	const [row] = createTables().providers(withProviders(empty, [entry(1)]), uiState());
	t.like(row && cells(providerColumns, row), {
		name: 'provider-1',
		country: 'SE',
		cpu: '4',
		memory: '8 GB',
		storage: '100 GB',
		address: '198.51.100.7:7466',
	});
});

test('a daemon that does not run shows no figures of when it did', t => {
	const up = withDaemon(empty, 'discovery', {
		state: 'up',
		status: daemonStatus('discovery', {advertisements: 3}),
	});
	const text = (picture: Picture) => {
		const [row] = createTables().daemons(picture, uiState());
		return row ? cells(daemonColumns, row) : {};
	};
	t.like(text(up), {state: 'up', figure: '3 advertisements', listening: 'http://127.0.0.1:9001'});
	t.deepEqual(text(withDaemon(up, 'discovery', {state: 'lost', error: 'it makes no sense'})), {
		name: 'discovery',
		state: 'lost',
		uptime: '-',
		figure: 'it makes no sense',
		listening: '-',
	});
	const ill = withDaemon(up, 'discovery', {status: daemonStatus('discovery', {healthy: false})});
	t.is(daemonState(ill.daemons.discovery), 'not ready');
});

test('figures that nobody tells are a dash', t => {
	t.deepEqual([percent(0), percent(12.6), percent(null), percent(undefined)], ['0 %', '13 %', '-', '-']);
});
