import test from 'ava';
import {emptyPicture} from '../../../source/dashboard/picture.js';
import {tick} from '../../../source/dashboard/ticking.js';
import {firstState, stateInNextHome} from '../../../source/dashboard/ui-beginning.js';
import type {UiState} from '../../../source/dashboard/ui-state.js';

const picture = emptyPicture('/home');
const now = 1_000_000;
const said: UiState = {...firstState(), now, message: {text: 'Copied', kind: 'info', at: now}};

test('what was said is seen for eight seconds, and where nothing goes on nothing is drawn', t => {
	t.is(tick(said, picture, now + 7999), said);
	t.is(tick(said, picture, now + 8000).message, undefined);
	t.is(tick({...said, message: undefined}, picture, now + 30_000).now, now + 30_000);
});

test('where something counts seconds each of them is told', t => {
	const running: UiState = {
		...said,
		views: [{kind: 'activity', id: 1, top: 0}],
		activities: [
			{
				...{id: 1, title: 'Creating web', vm: 'web', command: 'golem vm create web', state: 'running'},
				...{steps: [], output: [], result: undefined, hint: undefined},
			},
		],
	};
	t.is(tick(running, picture, now + 1000).now, now + 1000);
});

test('a clock that is set back by an hour does not hold what is seen for an hour', t => {
	const later = tick(said, picture, now - 3_600_000);
	t.is(later.now, now - 3_600_000);
	t.is(later.message, undefined);
});

test('in another home all begins anew, in the terminal as it is', t => {
	const before: UiState = {
		...said,
		size: {columns: 200, rows: 50},
		focus: 'ports',
		isMouseOn: true,
		views: [{kind: 'vm', name: 'web', top: 0}],
	};
	t.like(stateInNextHome(before), {
		size: {columns: 200, rows: 50},
		focus: 'vms',
		isMouseOn: true,
		views: [],
		message: said.message,
	});
});
