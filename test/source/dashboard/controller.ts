import test from 'ava';
import {actionOf} from '../../../source/dashboard/actions/all-actions.js';
import {bindings} from '../../../source/dashboard/bindings.js';
import {perform} from '../../../source/dashboard/perform.js';
import {withDaemon} from '../../../source/dashboard/picture.js';
import {topView} from '../../../source/dashboard/ui-state.js';
import {portsReport} from '../hosting/_reports.js';
import {createStage, daemonStatus, entry, rentInPicture, type Stage, withProviders} from './_stand-ins.js';

const esc = '\u001B';
const ctrlC = '\u0003';
const down = `${esc}[B`;
const kindOf = ({ui}: Stage) => topView(ui.get())?.kind;
const tableOf = ({ui}: Stage) => ui.get().tables[ui.get().focus];
const rowsOf = ({runtime, ui, picture}: Stage) =>
	runtime.tables[ui.get().focus](picture.get(), ui.get()).map(({key}) => key);

test('keys move the selection and the focus', t => {
	const stage = createStage(t);
	rentInPicture(stage, {web: 'running', db: 'stopped', log: 'stopped'});
	stage.type('j');
	t.is(tableOf(stage).selectedKey, 'db');
	stage.type(`${down}k`);
	t.is(tableOf(stage).selectedKey, 'db');
	stage.type('G');
	t.is(tableOf(stage).selectedKey, 'log');
	stage.type('g');
	t.is(tableOf(stage).selectedKey, 'web');
	const seen = ['\t', '\t', '\t', '\t', `${esc}[Z`, '2', '1'].map(keys => {
		stage.type(keys);
		return stage.ui.get().focus;
	});
	t.deepEqual(seen, ['providers', 'ports', 'daemons', 'vms', 'daemons', 'providers', 'vms']);
});

test('up and down in the ports go by rows of the grid, left and right by cells', t => {
	const stage = createStage(t);
	stage.picture.update(picture => ({...picture, ports: portsReport()}));
	stage.type('3');
	t.is(tableOf(stage).selectedKey, '7466');
	stage.type('l');
	t.is(tableOf(stage).selectedKey, '50800');
	stage.type('j');
	const below = Number(tableOf(stage).selectedKey);
	t.true(below > 50_801, `${below} is below 50800`);
	stage.type('k');
	t.is(tableOf(stage).selectedKey, '50800');
	stage.type('h');
	t.is(tableOf(stage).selectedKey, '7466');
});

test('a key that nothing is on says so, whatever key it is', t => {
	const stage = createStage(t);
	for (const [bytes, shown] of [
		['Z', 'Z'],
		['\u0014', 'Ctrl-T'],
		[`${esc}[15~`, 'f5'],
		[`${esc}z`, 'alt-z'],
		['h', 'h'],
	] as const) {
		stage.type(bytes);
		t.is(stage.message(), `Nothing is on ${shown} here; ? shows what is.`);
	}

	rentInPicture(stage, {web: 'running'});
	stage.type('1\r');
	stage.type('\r');
	t.is(stage.message(), 'Nothing is on Enter here; ? shows what is.');
});

test('the remark is gone with the next key', t => {
	const stage = createStage(t);
	stage.type('Z');
	stage.type('j');
	t.is(stage.message(), undefined);
});

test('an action that cannot be done now says why', t => {
	const stage = createStage(t);
	const says = (keys: string) => {
		stage.type(keys);
		const {text, kind} = stage.ui.get().message ?? {};
		return `${kind}: ${text}`;
	};
	t.is(says('o'), 'error: There is no VM yet; c creates one.');
	t.is(says('c'), 'error: No provider offers anything just now; d shows how it works on this machine.');
	t.is(says('S'), 'error: Nothing is sorted yet; s sorts.');
	t.is(says('a'), 'error: Nothing has been done yet.');
	t.is(says('3v'), 'error: No provider runs here; u on the provider starts one.');
	t.is(says('4x'), 'error: No daemon is selected.');
	rentInPicture(stage, {web: 'stopped'});
	t.is(says('1x'), 'error: web is stopped; only a running VM can be stopped.');
	t.is(says('o'), 'error: web is stopped; u starts it.');
	rentInPicture(stage, {web: 'creating'});
	t.is(says('o'), 'error: web is creating; there is no way in yet.');
	t.is(says('4x'), 'error: The discovery does not run.');
	stage.picture.update(picture =>
		withDaemon(picture, 'discovery', {state: 'up', status: daemonStatus('discovery')}),
	);
	t.is(says('u'), 'error: The discovery runs already.');
	stage.picture.update(picture => ({
		...picture,
		directory: {
			servers: [{url: 'http://one.test', state: 'failed', error: 'gone', at: undefined, total: 0}],
			providers: new Map(),
		},
	}));
	t.is(says('1c'), 'error: No provider is known: http://one.test does not answer.');
});

test('of a VM that is gone, or left out by the filter, nothing else is said than that', t => {
	const stage = createStage(t);
	rentInPicture(stage, {web: 'running'});
	stage.type('\r');
	t.is(kindOf(stage), 'vm');
	rentInPicture(stage, {db: 'running'});
	stage.type('x');
	t.is(stage.message(), 'web is not rented any more.');
	stage.type(`${esc}`);
	stage.type('/nothing\rx');
	t.is(stage.message(), 'No VM is selected.');
});

test('every action does something or says why not, wherever it is chosen', t => {
	const silent: string[] = [];
	for (const {id} of bindings.filter(
		({id: known}) => actionOf(known) && known !== 'back' && known !== 'demo',
	)) {
		for (const place of ['1', '2', '3', '4', '?']) {
			const stage = createStage(t);
			stage.type(place);
			const before = stage.ui.get();
			perform(stage.runtime, id);
			if (stage.done.length === 0 && stage.ui.get() === before) {
				silent.push(`${id} in ${place}`);
			}
		}
	}

	t.deepEqual(silent, []);
});

test('an action that throws is told, and ends nothing', async t => {
	const stage = createStage(t);
	rentInPicture(stage, {web: 'running'});
	const broken = {
		...stage.runtime,
		terminal: {
			...stage.runtime.terminal,
			copy() {
				throw new Error('no clipboard');
			},
		},
	};
	perform(broken, 'vm.copy');
	await Promise.resolve();
	t.is(stage.message(), 'no clipboard');
});

test('a filter shows what matches while it is typed; Enter keeps it', t => {
	const stage = createStage(t);
	rentInPicture(stage, {web: 'running', db: 'stopped', 'db-2': 'stopped'});
	stage.type('/db');
	t.deepEqual(rowsOf(stage), ['db', 'db-2']);
	t.is(stage.ui.get().filtering?.text, 'db');
	stage.type(down);
	t.is(tableOf(stage).selectedKey, 'db-2');
	stage.type('\u007F\u007Fq');
	t.is(tableOf(stage).filter, 'q');
	t.deepEqual(stage.done, []);
	stage.type('\u0015db\r');
	t.is(stage.ui.get().filtering, undefined);
	t.deepEqual(rowsOf(stage), ['db', 'db-2']);
	stage.type('/');
	t.deepEqual(stage.ui.get().filtering, {text: 'db', cursor: 2});
	stage.type('\r');
	stage.type(esc);
	t.deepEqual(rowsOf(stage), ['web', 'db', 'db-2']);
});

test('Esc and Ctrl-C drop a filter that is typed, and quit nothing', t => {
	for (const key of [esc, ctrlC]) {
		const stage = createStage(t);
		rentInPicture(stage, {web: 'running', db: 'stopped'});
		stage.type('/db');
		stage.type(key);
		t.deepEqual(rowsOf(stage), ['web', 'db']);
		t.is(stage.ui.get().filtering, undefined);
		t.deepEqual(stage.done, []);
	}
});

test('a filter is pasted in one line', t => {
	const stage = createStage(t);
	rentInPicture(stage, {web: 'running', db: 'stopped'});
	stage.type(`/${esc}[200~db\n${esc}[201~`);
	t.is(tableOf(stage).filter, 'db');
	t.deepEqual(rowsOf(stage), ['db']);
});

test('what is pasted where nothing is typed does nothing', t => {
	const stage = createStage(t);
	rentInPicture(stage, {web: 'running'});
	stage.type(`${esc}[200~Dq${esc}[201~`);
	t.is(kindOf(stage), undefined);
	t.deepEqual(stage.done, []);
});

test('in a window that shows nothing no key does anything but to leave, and no mouse', t => {
	const stage = createStage(t);
	rentInPicture(stage, {web: 'stopped', db: 'stopped'});
	stage.ui.update(ui => ({...ui, size: {columns: 50, rows: 10}}));
	stage.type(`jDyc${esc}[<0;5;5M`);
	t.is(kindOf(stage), undefined);
	t.is(tableOf(stage).selectedKey, 'web');
	t.is(stage.message(), undefined);
	stage.ui.update(ui => ({...ui, size: {columns: 80, rows: 24}}));
	stage.type('D');
	stage.ui.update(ui => ({...ui, size: {columns: 50, rows: 10}}));
	stage.type('y');
	t.is(kindOf(stage), 'question');
	stage.type('q');
	t.deepEqual(stage.done, ['quit']);
});

test('a table is sorted by one column after the other, and at last not at all', t => {
	const stage = createStage(t);
	rentInPicture(stage, {web: 'running', db: 'stopped'});
	stage.type('s');
	t.is(stage.message(), 'Sorted by name.');
	t.deepEqual(rowsOf(stage), ['db', 'web']);
	stage.type('S');
	t.deepEqual(rowsOf(stage), ['web', 'db']);
	stage.type('S');
	t.deepEqual(rowsOf(stage), ['db', 'web']);
	const said = Array.from({length: 6}, () => {
		stage.type('s');
		return stage.message();
	});
	t.deepEqual(said.slice(-2), ['Sorted by provider.', 'In the order they come.']);
	t.is(tableOf(stage).sort, undefined);
});

test('details are opened, scrolled and left', t => {
	const stage = createStage(t);
	stage.picture.update(picture => withProviders(picture, [entry(1)]));
	stage.type('2\r');
	t.like(topView(stage.ui.get()), {kind: 'provider', top: 0});
	stage.type('jjk');
	t.like(topView(stage.ui.get()), {top: 1});
	stage.type('kkk');
	t.like(topView(stage.ui.get()), {top: 0});
	stage.type(esc);
	t.is(kindOf(stage), undefined);
	stage.type('1\r');
	t.is(stage.message(), 'There is nothing to look at here yet.');
});

test('Ctrl-C and q quit from the main view and from details', t => {
	const stage = createStage(t);
	rentInPicture(stage, {web: 'running'});
	stage.type(`q${ctrlC}\r${ctrlC}`);
	t.deepEqual(stage.done, ['quit', 'quit', 'quit']);
});

test('the mouse is given to the program and taken back, as the terminal is for a while', t => {
	const stage = createStage(t);
	stage.type('mm\u001A');
	t.deepEqual(stage.done, ['mouse true', 'mouse false', 'suspend']);
});

test('the command of a VM is copied with its name', t => {
	const stage = createStage(t);
	rentInPicture(stage, {web: 'running'});
	stage.type('y');
	t.deepEqual(stage.done, ['copy golem vm ssh web']);
	t.is(stage.message(), 'Copied: golem vm ssh web');
});
