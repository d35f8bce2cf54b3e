import test from 'ava';
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
