import test from 'ava';
import {rememberFree} from '../../../source/dashboard/free-over-time.js';
import {emptyPicture} from '../../../source/dashboard/picture.js';
import {createStore} from '../../../source/dashboard/store.js';
import {entry, providerId, withProviders} from './_stand-ins.js';

const withCores = (index: number, cpu: number) => entry(index, {resources: {cpu, memory: 1, storage: 1}});

test('what a provider had free is remembered each time that it says so, and no more than sixty times', t => {
	const store = createStore(emptyPicture('/nowhere'));
	const {of} = rememberFree(store);
	t.deepEqual(of(providerId(1)), []);
	for (let cpu = 1; cpu <= 70; cpu++) {
		const said = withCores(1, cpu);
		store.update(picture => withProviders(picture, [said]));
		// Another look at the same word, and news of something else.
		store.update(picture => withProviders(picture, [{...said, isGenuine: false}]));
		store.update(picture => ({...picture, identity: `0x${cpu}`}));
	}

	t.is(of(providerId(1)).length, 60);
	t.deepEqual(
		of(providerId(1))
			.map(({cpu}) => cpu)
			.slice(-3),
		[68, 69, 70],
	);
});

test('a provider that is gone is forgotten', t => {
	const store = createStore(emptyPicture('/nowhere'));
	const {of} = rememberFree(store);
	store.update(picture => withProviders(picture, [withCores(1, 1), withCores(2, 1)]));
	store.update(picture => withProviders(picture, [withCores(2, 2)]));
	t.deepEqual(of(providerId(1)), []);
	t.is(of(providerId(2)).length, 2);
});

test('of very many providers the first two thousand are remembered', t => {
	const store = createStore(emptyPicture('/nowhere'));
	const {of} = rememberFree(store);
	const all = Array.from({length: 2001}, (_, index) => withCores(index, 1));
	store.update(picture => withProviders(picture, all));
	t.is(of(providerId(1999)).length, 1);
	t.is(of(providerId(2000)).length, 0);
});

test('nothing is remembered any more once it is stopped', t => {
	const store = createStore(emptyPicture('/nowhere'));
	const {of, stop} = rememberFree(store);
	stop();
	store.update(picture => withProviders(picture, [withCores(1, 1)]));
	t.deepEqual(of(providerId(1)), []);
});
