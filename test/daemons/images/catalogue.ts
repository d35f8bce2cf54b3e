import test from 'ava';
import {catalogue, resolveImageName} from '../../../daemons/images/catalogue.js';

test('an image is known by its name and its aliases, and by nothing else', t => {
	for (const {name, aliases} of catalogue.values()) {
		for (const known of [name, ...aliases]) t.is(resolveImageName(known), name);
	}

	t.is(resolveImageName('24.04'), undefined);
	t.is(resolveImageName('../micro'), undefined);
	t.is(resolveImageName(''), undefined);
});
