import test from 'ava';
import {pickerMatches} from '../../../source/components/list-picker-state.js';
import {pickerItems} from '../../../source/dashboard/pickers.js';
import {topView} from '../../../source/dashboard/ui-state.js';
import {portsReport} from '../hosting/_reports.js';
import {createStage, entry, providerId, rentInPicture, type Stage, withProviders} from './_stand-ins.js';

const esc = '\u001B';
/** What a terminal sends, at a cell counted from 0. */
const mouse = (code: number, x: number, y: number, end = 'M') => `${esc}[<${code};${x + 1};${y + 1}${end}`;
const click = (x: number, y: number) => mouse(0, x, y) + mouse(0, x, y, 'm');
const wheelUp = (x: number, y: number) => mouse(64, x, y);
const wheelDown = (x: number, y: number) => mouse(65, x, y);

function withThings(stage: Stage): Stage {
	const names = Array.from({length: 9}, (_, index) => [`vm-${index + 1}`, 'running'] as const);
	rentInPicture(stage, Object.fromEntries(names));
	stage.picture.update(picture => withProviders({...picture, ports: portsReport()}, [entry(1), entry(2)]));
	return stage;
}

const tables = ({ui}: Stage) => ui.get().tables;

// 120 × 40: the VMs have rows 2 to 15, of which 2 is their title and 3 their header; the providers begin at 16.
test('a click selects the row it is on, in the pane it is in', t => {
	const stage = withThings(createStage(t));
	stage.type(click(5, 6));
	t.is(tables(stage).vms.selectedKey, 'vm-3');
	stage.type(click(5, 19));
	t.is(stage.ui.get().focus, 'providers');
	t.is(tables(stage).providers.selectedKey, providerId(2));
	t.is(tables(stage).vms.selectedKey, 'vm-3');
});

test('a click finds the row of a table that is scrolled', t => {
	const stage = withThings(createStage(t));
	stage.ui.update(ui =>
		stage.runtime.tables.act(ui, stage.picture.get(), 'vms', {type: 'resize', height: 3}),
	);
	stage.type('G');
	t.is(tables(stage).vms.top, 6);
	stage.type(click(5, 4));
	t.is(tables(stage).vms.selectedKey, 'vm-7');
	stage.type(click(5, 3) + click(5, 2));
	t.is(tables(stage).vms.selectedKey, 'vm-7');
});

test('a click on title, header or nothing gives the focus and selects nothing', t => {
	const stage = withThings(createStage(t));
	for (const y of [16, 17, 30]) {
		stage.type('1');
		stage.type(click(5, y));
		t.is(stage.ui.get().focus, 'providers');
		t.is(tables(stage).providers.selectedKey, providerId(1));
	}

	stage.type(click(100, 10));
	t.is(stage.ui.get().focus, 'ports');
	t.is(tables(stage).ports.selectedKey, '7466');
	stage.type(click(5, 39));
	t.is(stage.ui.get().focus, 'ports');
});

test('other buttons, and moving, do nothing', t => {
	const stage = withThings(createStage(t));
	const before = stage.ui.get();
	stage.type(mouse(2, 5, 6) + mouse(1, 5, 19) + mouse(35, 5, 19) + mouse(32, 5, 19) + mouse(0, 5, 19, 'm'));
	t.is(stage.ui.get(), before);
});

test('the wheel moves by three rows in the pane that it is over', t => {
	const stage = withThings(createStage(t));
	stage.type(wheelDown(5, 6));
	t.is(tables(stage).vms.selectedKey, 'vm-4');
	stage.type(wheelDown(5, 6) + wheelUp(5, 6) + wheelUp(5, 6));
	t.is(tables(stage).vms.selectedKey, 'vm-1');
	stage.type(wheelDown(5, 20));
	t.is(stage.ui.get().focus, 'providers');
	t.is(tables(stage).providers.selectedKey, providerId(2));
});

test('over a view the wheel scrolls the view, and a click goes to nothing below it', t => {
	const stage = withThings(createStage(t));
	stage.type('\r');
	stage.type(wheelDown(5, 6) + click(5, 8));
	t.like(topView(stage.ui.get()), {kind: 'vm', name: 'vm-1', top: 3});
	t.is(tables(stage).vms.selectedKey, 'vm-1');
});

test('the mouse types nothing into a form, and answers no question', t => {
	const stage = withThings(createStage(t));
	stage.type('D');
	const before = topView(stage.ui.get());
	stage.type(click(5, 6) + wheelDown(5, 6));
	t.is(topView(stage.ui.get()), before);
});

test('a click ends the typing of a filter, and keeps it', t => {
	const stage = withThings(createStage(t));
	stage.type('/vm-3');
	stage.type(click(5, 19));
	t.is(stage.ui.get().filtering, undefined);
	t.is(tables(stage).vms.filter, 'vm-3');
});

test('a click on a tab goes to its pane', t => {
	const stage = withThings(createStage(t));
	stage.ui.update(ui => ({...ui, size: {columns: 80, rows: 24}}));
	// [1 VMs] 2 Providers  3 Ports  4 Daemons
	for (const [x, pane] of [
		[8, 'providers'],
		[19, 'providers'],
		[6, 'vms'],
		[0, 'vms'],
		[20, 'ports'],
		[28, 'ports'],
		[29, 'daemons'],
		[70, 'daemons'],
	] as const) {
		stage.type(click(x, 2));
		t.is(stage.ui.get().focus, pane, `column ${x}`);
	}
});

// In a picker rows 2, 3 and 4 are its title, a blank and what is typed.
test('the wheel and clicks select in the palette, and a click on what is selected does it', t => {
	const stage = withThings(createStage(t));
	stage.type(':pane');
	const selected = () => {
		const view = topView(stage.ui.get());
		return view?.kind === 'palette' ? view.picker.index : undefined;
	};

	stage.type(wheelDown(5, 10));
	t.is(selected(), 3);
	stage.type(wheelUp(5, 10) + click(5, 7));
	t.is(selected(), 2);
	for (const y of [1, 2, 3, 4, 37, 39]) {
		stage.type(click(5, y));
		t.is(selected(), 2, `row ${y}`);
	}

	const view = topView(stage.ui.get());
	const matches = view?.kind === 'palette' ? pickerMatches(pickerItems(stage.runtime, view), 'pane') : [];
	const row = 5 + matches.findIndex(({item}) => item.id === 'pane-4');
	stage.type(click(5, row));
	t.is(selected(), row - 5);
	stage.type(click(5, row));
	t.is(topView(stage.ui.get()), undefined);
	t.is(stage.ui.get().focus, 'daemons');
});
