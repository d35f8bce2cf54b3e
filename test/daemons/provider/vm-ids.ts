import test from 'ava';
import {createVmIds} from '../../../daemons/provider/vm-ids.js';

const start = Date.parse('2026-03-01T12:00:00.400Z');
const plain = /^golem-web-20260301-1200\d\d$/;
const longer = /^golem-web-20260301-1200\d\d-[0-9a-f]{8}$/;

test('an id has the name and the second, and some digits more where another may have had it', t => {
	let ms = start;
	const idOf = createVmIds(
		() => false,
		() => ms,
	);
	t.regex(idOf('web'), longer, 'the second in which an earlier run may have given one');
	ms += 1000;
	t.is(idOf('web'), 'golem-web-20260301-120001');
	t.regex(idOf('web'), longer);
	t.is(idOf('db'), 'golem-db-20260301-120001');
	ms += 1000;
	t.is(idOf('web'), 'golem-web-20260301-120002');
});

test('no id is given twice, also where the clock is set back', t => {
	let ms = start;
	const idOf = createVmIds(
		() => false,
		() => ms,
	);
	const ids: string[] = [];
	for (const step of [5000, 0, -3000, 0, 1000, 1000, 1000, 1000]) {
		ms += step;
		ids.push(idOf('web'));
	}

	t.is(new Set(ids).size, ids.length);
	t.deepEqual(
		ids.map(id => plain.test(id)),
		[true, false, false, false, false, false, false, true],
	);
});

test('an id that a VM has, of a time when the clock was another one, is not given again', t => {
	let ms = start;
	const idOf = createVmIds(
		id => id === 'golem-web-20260301-120001',
		() => ms,
	);
	ms += 1000;
	t.regex(idOf('web'), longer);
	t.regex(idOf('db'), /^golem-db-20260301-120001$/);
});
