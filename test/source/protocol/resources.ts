import test from 'ava';
import fc from 'fast-check';
import {addResources, covers, noResources, subtractResources} from '../../../source/protocol/resources.js';

const resources = fc.record({cpu: fc.nat(), memory: fc.nat(), storage: fc.nat()});

test('what is added can be taken away again', t => {
	fc.assert(
		fc.property(resources, resources, (one, other) => {
			t.deepEqual(subtractResources(addResources(one, other), other), one);
			t.deepEqual(addResources(one, noResources), one);
		}),
	);
});

test('there is enough exactly where nothing is missing after taking it', t => {
	fc.assert(
		fc.property(resources, resources, (available, wanted) => {
			const rest = subtractResources(available, wanted);
			t.is(
				covers(available, wanted),
				Object.values(rest).every(amount => amount >= 0),
			);
		}),
	);
	t.false(covers({cpu: 8, memory: 8, storage: 9}, {cpu: 1, memory: 1, storage: 10}));
});
