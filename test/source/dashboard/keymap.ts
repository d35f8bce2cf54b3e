import test, {type ExecutionContext} from 'ava';
import {type ActionId, bindings, type Place} from '../../../source/dashboard/bindings.js';
import {createKeymap, showKey} from '../../../source/dashboard/keymap.js';
import {GolemError} from '../../../source/platform/golem-error.js';

const panes: Place[] = ['vms', 'providers', 'ports', 'daemons'];
const views: Place[] = ['vm', 'provider', 'port', 'daemon', 'log', 'activity'];
/** Every place a user can be at, with those around it. */
const chains: Place[][] = [
	...panes.map((pane): Place[] => [pane, 'main', 'everywhere']),
	...views.map((view): Place[] => [view, 'everywhere']),
];

const refusal = (t: ExecutionContext, config: unknown) => {
	const error = t.throws(() => createKeymap(config), {instanceOf: GolemError});
	t.is(error?.code, 'SETTINGS_INVALID');
	t.is(error?.exitCode, 2);
	return error?.message ?? '';
};

test('each binding is reached by each of its keys, wherever it holds', t => {
	const {find} = createKeymap();
	for (const {id, keys, places} of bindings) {
		for (const place of places as readonly Place[]) {
			const around = chains.filter(chain => chain.includes(place));
			t.true(around.length > 0, `nobody is ever at ${place}`);
			for (const chain of around) {
				for (const key of keys) {
					t.is(find(key, chain)?.id, id, `${key} in ${chain.join(' in ')}`);
				}
			}
		}
	}
});

test('no key means two things anywhere, nor hides what it means further out', t => {
	for (const chain of chains) {
		const holding = bindings.filter(({places}) =>
			(places as readonly Place[]).some(place => chain.includes(place)),
		);
		const keys = holding.flatMap(binding => [...binding.keys]);
		t.deepEqual(
			keys.filter((key, index) => keys.indexOf(key) !== index),
			[],
			chain.join(' in '),
		);
	}
});

test('each place has the way back, the help and the way out', t => {
	const {find} = createKeymap();
	for (const chain of chains) {
		t.deepEqual(
			['escape', '?', ':', 'q', 'ctrl-c', 'ctrl-z'].map(key => find(key, chain)?.id),
			['back', 'help', 'palette', 'quit', 'quit', 'suspend'],
		);
	}
});

test('ids are given once, and labels have two words at most', t => {
	const ids = bindings.map(({id}) => id);
	t.is(new Set(ids).size, ids.length);
	for (const {label, help} of bindings) {
		t.true(label.split(' ').length <= 2, label);
		t.not(help, '');
	}
});

test('what holds in a place is told once, its own first', t => {
	const {at} = createKeymap();
	const ids = at(['vms', 'main', 'everywhere']).map(({id}) => id);
	t.is(new Set(ids).size, ids.length);
	t.true(ids.indexOf('vm.ssh') < ids.indexOf('up'));
	t.true(ids.indexOf('up') < ids.indexOf('quit'));
	t.false(ids.includes('daemon.start'));
});

test('the configuration gives an action other keys, and the old ones do nothing', t => {
	const {find, keysOf} = createKeymap({'vm.ssh': ['e', 'alt-s'], quit: ['ctrl-q']});
	t.is(find('e', ['vms', 'main', 'everywhere'])?.id, 'vm.ssh');
	t.is(find('alt-s', ['vm', 'everywhere'])?.id, 'vm.ssh');
	t.is(find('o', ['vms', 'main', 'everywhere']), undefined);
	t.is(find('q', ['vms', 'main', 'everywhere']), undefined);
	t.deepEqual(keysOf('quit'), ['ctrl-q']);
	t.deepEqual(keysOf('vm.stop'), ['x']);
});

test('a key of a place comes before the same key of everywhere, where the configuration says so', t => {
	const {find} = createKeymap({'vm.stop': ['q']});
	t.is(find('q', ['vms', 'main', 'everywhere'])?.id, 'vm.stop');
	t.is(find('q', ['ports', 'main', 'everywhere'])?.id, 'quit');
});

test('two actions may change their keys with each other', t => {
	const {find} = createKeymap({'vm.start': ['x'], 'vm.stop': ['u']});
	t.is(find('x', ['vms', 'main', 'everywhere'])?.id, 'vm.start');
	t.is(find('u', ['vms', 'main', 'everywhere'])?.id, 'vm.stop');
});

test('all keys that are pressed by default may be written in a configuration', t => {
	const config = Object.fromEntries(bindings.map(({id, keys}) => [id, [...keys]]));
	t.notThrows(() => createKeymap(config));
	t.notThrows(() =>
		createKeymap({quit: ['é', '日', 'alt-backspace', 'ctrl-shift-left', 'f12', '-', 'ctrl-space']}),
	);
	t.notThrows(() => createKeymap({quit: ['q', 'q']}));
});

test('a configuration with an action there is not is refused by the name of that', t => {
	t.regex(refusal(t, {'vm.fly': ['e']}), /no action «vm\.fly»/);
});

test('one key for two actions in one place is refused, naming the key and both', t => {
	const message = refusal(t, {'vm.ssh': ['x']});
	t.regex(message, /\bx\b/);
	t.regex(message, /vm\.ssh/);
	t.regex(message, /vm\.stop/);
});

test('a key that no terminal sends is refused, naming it and its action', t => {
	for (const key of ['Esc', 'ctrl-', 'Ctrl-C', 'pgup', 'xy', ' ', 'shift-g', 'shift-space', 'super-x']) {
		const message = refusal(t, {quit: [key]});
		t.true(message.includes(`«${key}»`), message);
		t.regex(message, /given to quit/);
	}
});

test('what is no list of keys is refused by the name of its action', t => {
	t.regex(refusal(t, {quit: 'q'}), /«quit» must be a list/);
	t.regex(refusal(t, {quit: []}), /«quit» must be a list/);
	t.regex(refusal(t, {quit: [5]}), /«quit» must be a list/);
	t.regex(refusal(t, {quit: ['']}), /«quit» must be a list/);
	t.regex(refusal(t, ['q']), /«keys» must be an object/);
	t.regex(refusal(t, null), /«keys» must be an object/);
});

test('keys are shown as people write them', t => {
	t.deepEqual(['up', 'shift-tab', 'ctrl-c', 'space', 'G', '?', 'f1', 'alt-b', 'pageup'].map(showKey), [
		'↑',
		'Shift-Tab',
		'Ctrl-C',
		'Space',
		'G',
		'?',
		'F1',
		'alt-b',
		'PgUp',
	]);
});

test('a keymap tells of no keys for what it does not know', t => {
	t.deepEqual(createKeymap().keysOf('nothing' as ActionId), []);
});
