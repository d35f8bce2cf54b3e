import test from 'ava';
import {shortId} from '../../../source/protocol/short-id.js';

test('a long id is cut in the middle, a short one is left as it is', t => {
	const id = '0x2c7536e3605d9c16a7a3d7b1898e529396a65c23';
	t.is(shortId(id), '0x2c7536…5c23');
	t.is(shortId(id, '~'), '0x2c7536~5c23');
	t.is(shortId('short'), 'short');
});
