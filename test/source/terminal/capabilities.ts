import test from 'ava';
import {hasScreenReader, isDumb} from '../../../source/terminal/capabilities.js';

test('a dumb terminal and a screen reader are known', t => {
	t.true(isDumb({TERM: 'dumb'}) && isDumb({}));
	t.false(isDumb({TERM: 'screen'}));
	t.true(hasScreenReader({INK_SCREEN_READER: 'true'}));
	t.false(hasScreenReader({}));
});
