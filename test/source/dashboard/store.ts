import test from 'ava';
import {collected, createStore} from '../../../source/dashboard/store.js';
import {eventually, whenTrue} from '../../support/waiting.js';

test('whoever listens hears of each change at once', t => {
	const store = createStore(1);
	const heard: number[] = [];
	store.subscribe(() => heard.push(store.get()));
	store.update(value => value + 1);
	store.update(value => value + 1);
	t.deepEqual(heard, [2, 3]);
});

test('a change that changes nothing is told to nobody', t => {
	const value = {name: 'web'};
	const store = createStore(value);
	store.subscribe(() => t.fail());
	store.update(known => known);
	t.is(store.get(), value);
});

test('changes that come together are told once, and the value is there at once', t => {
	const due: Array<() => void> = [];
	const store = createStore(0, tell => due.push(tell));
	let told = 0;
	store.subscribe(() => {
		told += 1;
	});
	store.update(value => value + 1);
	store.update(value => value + 1);
	t.is(store.get(), 2);
	t.is(told, 0);
	t.is(due.length, 1);
	due[0]?.();
	t.is(told, 1);
	store.update(value => value + 1);
	t.is(due.length, 2);
});

test('a change made while others are told is told too', t => {
	const due: Array<() => void> = [];
	const store = createStore(0, tell => due.push(tell));
	const heard: number[] = [];
	store.subscribe(() => {
		heard.push(store.get());
		store.update(value => Math.min(2, value + 1));
	});
	store.update(() => 1);
	for (let tell = due.shift(); tell; tell = due.shift()) {
		tell();
	}

	t.deepEqual(heard, [1, 2]);
});

test('one whose listening is ended while others are told hears no more', t => {
	const store = createStore(0);
	const heard: string[] = [];
	const ends: Array<() => void> = [];
	store.subscribe(() => {
		heard.push('first');
		for (const end of ends) {
			end();
		}
	});
	ends.push(store.subscribe(() => heard.push('second')));
	store.subscribe(() => heard.push('third'));
	store.update(value => value + 1);
	t.deepEqual(heard, ['first', 'third']);
});

test('one that ends its own listening keeps nobody else from hearing', t => {
	const store = createStore(0);
	const heard: string[] = [];
	const end = store.subscribe(() => {
		heard.push('once');
		end();
	});
	store.subscribe(() => heard.push('always'));
	store.update(value => value + 1);
	store.update(value => value + 1);
	t.deepEqual(heard, ['once', 'always', 'always']);
});

test('collected changes come later, all in one', async t => {
	const store = createStore(0, collected(1));
	const heard: number[] = [];
	store.subscribe(() => heard.push(store.get()));
	for (let count = 0; count < 100; count++) {
		store.update(value => value + 1);
	}

	t.deepEqual(heard, []);
	await eventually('the changes are told', () => whenTrue(heard.length > 0));
	t.deepEqual(heard, [100]);
});
