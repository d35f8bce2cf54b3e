import test from 'ava';
import {pickedItem, pickerMatches} from '../../../source/components/list-picker-state.js';
import {helpItems, paletteItems} from '../../../source/dashboard/key-items.js';
import {topView} from '../../../source/dashboard/ui-state.js';
import {createStage, rentInPicture, type Stage} from './_stand-ins.js';

const esc = '\u001B';
const ctrlC = '\u0003';
const view = ({ui}: Stage) => topView(ui.get());
const kindOf = (stage: Stage) => view(stage)?.kind;
const picked = (stage: Stage) => {
	const seen = view(stage);
	return seen?.kind === 'palette' ? pickedItem(seen.picker, paletteItems(stage.runtime))?.id : undefined;
};

test('the palette finds an action by its words or its id, and does it', t => {
	const stage = createStage(t);
	rentInPicture(stage, {web: 'running'});
	stage.type(':copy the command');
	t.is(picked(stage), 'vm.copy');
	stage.type('\r');
	t.is(kindOf(stage), undefined);
	t.deepEqual(stage.done, ['copy golem vm ssh web']);
	stage.type(':vm.copy');
	t.is(picked(stage), 'vm.copy');
});

test('the palette moves over its items by keys that write nothing', t => {
	const stage = createStage(t);
	stage.type(':');
	const first = picked(stage);
	stage.type(`${esc}[B`);
	const second = picked(stage);
	t.not(second, first);
	stage.type(`${esc}[A`);
	t.is(picked(stage), first);
	stage.type('\u000E');
	t.is(picked(stage), second);
	stage.type('\u0010');
	t.is(picked(stage), first);
});

test('a list is scrolled only where there is more than fits, and page by page', t => {
	const stage = createStage(t);
	stage.ui.update(ui => ({...ui, size: {columns: 80, rows: 20}}));
	const picker = () => {
		const seen = view(stage);
		return seen?.kind === 'palette' ? seen.picker : undefined;
	};
	stage.type(`:${esc}[B`);
	t.like(picker(), {index: 1, top: 0});
	// 16 rows of body, of which the title, a blank one and what is typed take three.
	stage.type(`${esc}[6~`);
	t.like(picker(), {index: 14});
	stage.type(`${esc}[5~`);
	t.like(picker(), {index: 1});
});

test('Esc, Ctrl-C and Ctrl-G leave palette and help; nothing is quit', t => {
	for (const open of [':', '?']) {
		for (const key of [esc, ctrlC, '\u0007']) {
			const stage = createStage(t);
			stage.type(open);
			t.truthy(kindOf(stage));
			stage.type(key);
			t.is(kindOf(stage), undefined);
			t.deepEqual(stage.done, []);
		}
	}
});

test('the palette takes nothing where nothing answers', t => {
	const stage = createStage(t);
	stage.type(':xyzzyxyzzy\r');
	t.is(kindOf(stage), undefined);
	t.deepEqual(stage.done, []);
});

test('the palette tells what cannot be done now, and what is told is true when it is picked', t => {
	const stage = createStage(t);
	const itemOf = (id: string) => paletteItems(stage.runtime).find(item => item.id === id);
	const detailOf = (id: string) => itemOf(id)?.detail;
	t.is(detailOf('vm.stop'), 'not now: There is no VM yet; c creates one.');
	t.is(itemOf('vm.stop')?.mark, 'x');
	rentInPicture(stage, {web: 'stopped', db: 'running'});
	stage.type('j\r');
	// The selection goes elsewhere; what is looked at is still db.
	stage.ui.update(ui => stage.runtime.tables.act(ui, stage.picture.get(), 'vms', {type: 'home'}));
	stage.type(':');
	t.is(detailOf('vm.stop'), 'golem vm stop db');
	t.is(detailOf('vm.start'), 'not now: db is running; only a stopped VM can be started.');
});

test('the palette has what can be done here first, and each action once', t => {
	const stage = createStage(t);
	stage.type('4:');
	const ids = paletteItems(stage.runtime).map(({id}) => id);
	t.is(new Set(ids).size, ids.length);
	t.true(ids.indexOf('daemon.start') < ids.indexOf('vm.start'));
	t.false(ids.includes('palette'));
	t.false(ids.includes('up'));
});

test('what was picked for another place says why it cannot be done here', t => {
	const stage = createStage(t);
	for (const [words, said] of [
		['log.pause', 'No log is open.'],
		['sort-reverse', 'Only VMs and providers can be sorted.'],
		['filter', 'Only VMs and providers can be filtered, and logs.'],
	] as const) {
		stage.type(`3:${words}\r`);
		t.is(stage.message(), said);
		t.is(stage.ui.get().filtering, undefined);
	}
});

test('a pane that is picked in a view is gone to', t => {
	const stage = createStage(t);
	rentInPicture(stage, {web: 'running'});
	stage.type('\r:pane-4\r');
	t.is(kindOf(stage), undefined);
	t.is(stage.ui.get().focus, 'daemons');
});

test('the help has the keys of where it was asked for, and is searched by typing', t => {
	const stage = createStage(t);
	stage.type('3?');
	const seen = view(stage);
	const of = seen?.kind === 'help' ? seen.of : '';
	t.is(of, 'ports');
	const items = helpItems(stage.runtime, of);
	t.true(items.some(({id}) => id === 'ports.verify'));
	t.true(items.some(({id}) => id === 'quit'));
	t.false(items.some(({id}) => id === 'vm.ssh'));
	t.deepEqual(
		pickerMatches(items, 'v Have all ports').map(({item}) => item.id),
		['ports.verify'],
	);
	t.regex(items.find(({id}) => id === 'home')?.label ?? '', /^Home g\s+To the first$/);
	stage.type('xq\r');
	t.is(kindOf(stage), undefined);
	t.deepEqual(stage.done, []);
});

test('a VM that does not run is destroyed by y, and by no other key', t => {
	for (const key of ['\r', 'n', 'Y', esc, ctrlC, ' ', `${esc}[200~y${esc}[201~\r`]) {
		const stage = createStage(t);
		rentInPicture(stage, {web: 'stopped'});
		stage.type('D');
		t.like(view(stage), {kind: 'question', mustType: undefined, command: 'golem vm destroy web --yes'});
		stage.type(key);
		t.is(kindOf(stage), undefined);
		t.is(stage.message(), 'Nothing was done.');
		t.deepEqual(stage.ui.get().activities, []);
		t.deepEqual(stage.done, []);
	}

	const stage = createStage(t);
	rentInPicture(stage, {web: 'stopped'});
	stage.type('Dy');
	t.is(stage.ui.get().activities.at(-1)?.title, 'Destroying web');
});

test('of a VM that runs the name must be typed', t => {
	const stage = createStage(t);
	rentInPicture(stage, {web: 'running'});
	stage.type('Dy');
	t.like(view(stage), {kind: 'question', mustType: 'web', typed: {text: 'y'}});
	stage.type('\r');
	t.is(stage.message(), 'That is not web; Esc leaves it as it is.');
	t.is(kindOf(stage), 'question');
	stage.type('\u0015we');
	stage.type('b\r');
	t.is(kindOf(stage), undefined);
	t.is(stage.ui.get().activities.at(-1)?.title, 'Destroying web');
});

test('the name may be pasted; Enter alone, Esc and Ctrl-C are no', t => {
	const pasted = createStage(t);
	rentInPicture(pasted, {web: 'running'});
	pasted.type(`D${esc}[200~web\n${esc}[201~\r`);
	t.is(pasted.ui.get().activities.length, 1);
	for (const keys of ['\r', esc, ctrlC, `w${ctrlC}`]) {
		const stage = createStage(t);
		rentInPicture(stage, {web: 'running'});
		stage.type('D');
		stage.type(keys);
		t.is(kindOf(stage), undefined);
		t.is(stage.message(), 'Nothing was done.');
		t.deepEqual(stage.ui.get().activities, []);
		t.deepEqual(stage.done, []);
	}
});
