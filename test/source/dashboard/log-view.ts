import test from 'ava';
import {scrollLog, shiftLog, shownLines, withLog, withLogLines} from '../../../source/dashboard/log-view.js';
import {logLines} from '../../../source/dashboard/screen/overlay-lines.js';
import {type LogView, topView, withView} from '../../../source/dashboard/ui-state.js';
import {createStage, type Stage, uiState} from './_stand-ins.js';

const esc = '\u001B';
const numbered = (count: number, first = 1) =>
	Array.from(
		{length: count},
		(_, index) => `line ${first + index}${(first + index) % 10 === 0 ? ' ten' : ''}`,
	);

function log(change: Partial<LogView> = {}): LogView {
	return {
		kind: 'log',
		id: Symbol('log'),
		title: 'Log of the provider',
		command: 'golem provider logs --follow',
		lines: numbered(100),
		isPaused: false,
		filter: '',
		isFiltering: false,
		back: 0,
		column: 0,
		...change,
	};
}

/** The lines that a screen with that many rows shows. */
const seenOf = (view: LogView, rows: number) => {
	const lines = shownLines(view);
	return lines.slice(Math.max(0, lines.length - view.back - rows), lines.length - view.back);
};

test('a log is followed to its end', t => {
	const view = withLogLines(log(), numbered(2, 101));
	t.deepEqual(seenOf(view, 2), ['line 101', 'line 102']);
});

test('what somebody reads further up stays in place while more is written', t => {
	const reading = scrollLog(log(), -10, 5);
	const seen = seenOf(reading, 5);
	t.deepEqual(seenOf(withLogLines(reading, numbered(30, 101)), 5), seen);
});

test('what is held stays in place, also where a filter leaves out what is written', t => {
	for (const filter of ['', 'ten']) {
		const held = log({isPaused: true, filter});
		const seen = seenOf(held, 5);
		t.deepEqual(seenOf(withLogLines(held, numbered(25, 101)), 5), seen, filter);
	}
});

test('no more than two thousand lines are kept', t => {
	const view = withLogLines(log(), numbered(5000, 101));
	t.is(view.lines.length, 2000);
	t.is(view.lines.at(-1), 'line 5100 ten');
});

test('what is held stays in place, however much is written meanwhile', t => {
	const held = log({isPaused: true});
	const seen = seenOf(held, 5);
	const later = withLogLines(held, numbered(5000, 101));
	t.deepEqual(seenOf(later, 5), seen);
	t.is(withLogLines({...later, isPaused: false, back: 0}, ['more']).lines.length, 2000);
});

test('scrolling ends at both ends, so that the way back begins with the next key', t => {
	const top = scrollLog(log(), Number.NEGATIVE_INFINITY, 20);
	t.is(top.back, 80);
	t.is(scrollLog(top, -5, 20).back, 80);
	t.is(scrollLog(top, 1, 20).back, 79);
	t.is(scrollLog(top, Number.POSITIVE_INFINITY, 20).back, 0);
	t.is(scrollLog(log(), 5, 20).back, 0);
	t.is(scrollLog(log({lines: numbered(3)}), -1, 20).back, 0);
	t.is(scrollLog(log({filter: 'ten'}), Number.NEGATIVE_INFINITY, 4).back, 6);
	t.is(scrollLog(log({back: 5000}), 1, 20).back, 79);
});

test('a log is found by its id under whatever lies over it', t => {
	const view = log({lines: []});
	const covered = withView(withView(uiState(), view), {kind: 'vm', name: 'web', top: 0});
	const [below] = withLog(covered, view.id, known => withLogLines(known, ['news'])).views;
	t.deepEqual(below?.kind === 'log' && below.lines, ['news']);
	const strange = withLog(covered, Symbol('other'), known => withLogLines(known, ['news']));
	t.is(strange.views[0], view);
});

const seenLog = ({ui}: Stage): LogView => {
	const view = topView(ui.get());
	if (view?.kind !== 'log') {
		throw new Error(`There is ${view?.kind} where the log was to be.`);
	}

	return view;
};

function openLog(t: Parameters<typeof createStage>[0]): Stage {
	const stage = createStage(t);
	stage.ui.update(ui => withView(ui, log()));
	return stage;
}

test('Space holds a log still, and lets it go on from its end', t => {
	const stage = openLog(t);
	stage.type(' ');
	t.like(seenLog(stage), {isPaused: true, back: 0});
	stage.ui.update(ui => withLog(ui, seenLog(stage).id, known => withLogLines(known, numbered(3, 101))));
	t.is(seenLog(stage).back, 3);
	stage.type('kp');
	t.like(seenLog(stage), {isPaused: false, back: 0});
});

test('keys scroll a log', t => {
	const stage = openLog(t);
	const backs = ['k', 'kk', 'j', `${esc}[5~`, 'g', 'k', 'j', 'G', 'j'].map(keys => {
		stage.type(keys);
		return seenLog(stage).back;
	});
	// 36 rows of body, of which one is the title.
	t.deepEqual(backs, [1, 3, 2, 36, 65, 65, 64, 0, 0]);
});

test('a filter is typed into a log, kept with Enter and dropped with Esc', t => {
	const stage = openLog(t);
	stage.type('k/tenx\u007F');
	t.like(seenLog(stage), {isFiltering: true, filter: 'ten', back: 0});
	stage.type('\r');
	t.like(seenLog(stage), {isFiltering: false, filter: 'ten'});
	t.is(shownLines(seenLog(stage)).length, 10);
	stage.type('/');
	stage.type('\u0003');
	t.like(seenLog(stage), {isFiltering: false, filter: ''});
	t.deepEqual(stage.done, []);
	stage.type(`/ten\r`);
	stage.type(esc);
	t.like(seenLog(stage), {filter: ''});
	stage.type(esc);
	t.is(topView(stage.ui.get()), undefined);
});

test('a filter may be pasted into a log', t => {
	const stage = openLog(t);
	stage.type(`/${esc}[200~ten\n${esc}[201~\r`);
	t.is(seenLog(stage).filter, 'ten');
});

test('a line that is wider than the screen is read by going sideways, as far as there is anything', t => {
	const view = log({lines: ['short', `${'0123456789'.repeat(5)}ü`]});
	const seen = (shifted: LogView) =>
		logLines(shifted, 10)
			.slice(1)
			.map(line => line[0]?.text);
	t.deepEqual(seen(view), view.lines);
	const shifted = shiftLog(view, 20);
	t.deepEqual(seen(shifted), ['‹', `‹${'0123456789'.repeat(3)}ü`]);
	t.deepEqual(seen(shiftLog(shifted, 1000)), ['‹', '‹ü']);
	t.deepEqual(seen(shiftLog(shifted, -1000)), view.lines);
});

test('→ and ← go sideways in a log', t => {
	const stage = openLog(t);
	stage.ui.update(ui =>
		withLog(ui, seenLog(stage).id, known => ({...known, lines: ['0123456789'.repeat(5)]})),
	);
	stage.type('l');
	t.is(seenLog(stage).column, 20);
	stage.type('h');
	t.is(seenLog(stage).column, 0);
});
