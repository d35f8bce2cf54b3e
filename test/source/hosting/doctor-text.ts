import test from 'ava';
import {
	type Check,
	checkNames,
	failed,
	hindrances,
	namedCheck,
	ok,
	thingsToMend,
	unknown,
	warning,
} from '../../../source/hosting/doctor-check.js';
import {describeCheck, summarise} from '../../../source/hosting/doctor-text.js';

/** All is well but for what a test says. */
function checks(change: Partial<Record<Check['name'], Check>> = {}): Check[] {
	return checkNames.map(name => change[name] ?? namedCheck(name, ok('fine')));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
const withoutColours = (text: string) => text.replaceAll(/\u001B\[\d+m/g, '');

test('when all is well a rental would work, warnings included', t => {
	t.is(withoutColours(summarise(checks())), 'A rental would work now.');
	const warned = checks({clock: namedCheck('clock', warning('7 s behind', 'Set it:', '$ date'))});
	t.deepEqual(hindrances(warned), []);
	t.is(
		withoutColours(summarise(warned)),
		'A rental would work now. Worth a look: 1 thing.\n\nclock\n  Set it:\n  $ date',
	);
});

test('a clock that nobody can be asked about keeps nobody from renting; anything else unknown does', t => {
	t.deepEqual(hindrances(checks({clock: namedCheck('clock', unknown('nobody'))})), []);
	t.is(hindrances(checks({load: namedCheck('load', unknown('nobody'))})).length, 1);
});

test('what fails only because of something else is not counted as a thing to mend', t => {
	const broken = checks({
		'ssh-ports': namedCheck('ssh-ports', failed('0 of 3 usable', 'Open them.')),
		advertisement: namedCheck('advertisement', {
			...failed('nothing offered', 'By itself.'),
			isConsequence: true,
		}),
		load: namedCheck('load', unknown('not known')),
	});
	t.deepEqual(
		thingsToMend(broken).map(({name}) => name),
		['ssh-ports'],
	);
	t.is(withoutColours(summarise(broken)), 'Nobody can rent: 1 thing to mend.\n\nssh-ports\n  Open them.');
});

test('where nothing failed and something is unknown, that is said', t => {
	const text = withoutColours(
		summarise(checks({'api-port': namedCheck('api-port', unknown('being tried'))})),
	);
	t.regex(text, /^Whether anybody can rent is not known: 1 thing could not be looked at\./);
	t.regex(text, /api-port\n {2}being tried$/);
});

test('a check is one line for a pipe, and as many as fit a narrow terminal', t => {
	const check = namedCheck('discovery', failed(`http://a ${'word '.repeat(30)}`.trim()));
	t.false(describeCheck(check).includes('\n'));
	t.regex(withoutColours(describeCheck(check)), /^✗ failed {3}discovery {6}http:\/\/a word/);
	for (const line of withoutColours(describeCheck(check, 80)).split('\n')) {
		t.true(line.length <= 80, line);
	}
});

test('texts of strangers cannot steer a terminal, and have an end', t => {
	const {evidence, fix} = namedCheck('discovery', failed(`a\u001B[2Jb\nc${'x'.repeat(5000)}`, 'd\u009B2Je'));
	t.true(evidence.startsWith('a[2Jb c'));
	t.true(evidence.length <= 600);
	t.deepEqual(fix, ['d2Je']);
});
