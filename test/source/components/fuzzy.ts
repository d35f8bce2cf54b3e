import test from 'ava';
import fc from 'fast-check';
import {matchesQuery, parseQuery, scoreQuery, scoreWord} from '../../../source/components/fuzzy.js';

const matches = (query: string, ...fields: string[]) => matchesQuery(parseQuery(query), fields);

test('letters may be left out, their case does not matter, and each word must be found somewhere', t => {
	t.true(matches('prv', 'Provider'));
	t.true(matches('PRV run', 'provider', 'running'));
	t.false(matches('prv stop', 'provider', 'running'));
	t.false(matches('vrp', 'provider'));
	t.true(matches('', 'anything'));
	t.true(matches('   ', 'anything'));
	t.true(matches('ü漢', 'Über 漢字'));
});

test('a word after ! must not be there, letter by letter', t => {
	t.false(matches('!run', 'vm', 'running'));
	t.true(matches('!rng', 'vm', 'running'));
	t.true(matches('vm !stopped', 'vm', 'running'));
	t.true(matches('!', 'vm'));
});

test('beginnings of words and neighbours are worth most', t => {
	const best = (query: string, texts: string[]) =>
		[...texts].sort(
			(one, other) =>
				(scoreQuery(parseQuery(query), other)?.score ?? -1) -
				(scoreQuery(parseQuery(query), one)?.score ?? -1),
		)[0];
	t.is(best('vc', ['servic e', 'vm create', 'v1x2c']), 'vm create');
	t.is(best('stop', ['set top', 'stop VM', 'some taps on p']), 'stop VM');
	t.is(best('list', ['a list', 'realist', 'l-i-x-s-xt']), 'a list');
	t.is(best('gp', ['Sugping', 'golemProvider']), 'golemProvider');
});

test('the letters that were matched are told', t => {
	t.deepEqual(scoreWord('vc', 'evc vm create')?.positions, [4, 7]);
	t.deepEqual(scoreWord('字', '𠮷漢字')?.positions, [2]);
	t.deepEqual(scoreQuery(parseQuery('vm st'), 'vm stop')?.positions, [0, 1, 3, 4]);
	t.is(scoreWord('x', 'vm create'), undefined);
});

test('the score finds whatever the filter finds, at letters that are those of the word', t => {
	const letters = fc.string({unit: fc.constantFrom('a', 'b', 'C', '-', ' ', 'ß'), maxLength: 12});
	fc.assert(
		fc.property(letters, letters, (word, text) => {
			const wanted = word.trim().replace(/\s+/g, '');
			const match = scoreWord(wanted, text);
			t.is(
				match !== undefined,
				wanted === '' || matchesQuery({words: [wanted.toLowerCase()], unwanted: []}, [text]),
			);
			const found = match?.positions.map(position => [...text.toLowerCase()][position]).join('');
			t.true(match === undefined || found === wanted.toLowerCase());
			t.deepEqual(match?.positions, match && [...new Set(match.positions)].sort((one, other) => one - other));
		}),
		{numRuns: 1000},
	);
});

test('a word without end costs nothing', t => {
	t.is(scoreWord('a'.repeat(10_000), 'a'.repeat(10_000)), undefined);
	t.truthy(scoreWord('ab', `ab${'c'.repeat(1_000_000)}`));
});
