import test from 'ava';
import fc from 'fast-check';
import {decide, weigh} from '../../../../daemons/provider/ports/verdict.js';

const own = {proof: 'aa', wasVisited: true};
const opened = {accessible: true, error: null} as const;

test('a port counts for a checker that hands on the right proof, and for no other', t => {
	t.true(weigh('a', {...opened, verified: true, proof: 'aa'}, own).reachable);
	for (const proof of ['bb', null, undefined]) {
		t.deepEqual(weigh('a', {...opened, verified: true, proof}, own), {
			server: 'a',
			reachable: false,
			error: 'Wrong answer',
		});
	}
});

test('an SSH server is proof only where a VM is', t => {
	const ssh = {...opened, verified: true, proof: null};
	t.true(weigh('a', ssh, {proof: null, wasVisited: false}).reachable);
	t.false(weigh('a', ssh, own).reachable);
	t.false(weigh('a', {...opened, verified: false}, {proof: null, wasVisited: false}).reachable);
});

test('what an older checker says needs somebody to have come', t => {
	t.true(weigh('a', opened, own).reachable);
	t.false(weigh('a', opened, {...own, wasVisited: false}).reachable);
	t.true(weigh('a', opened, {proof: null, wasVisited: false}).reachable);
});

test('what a checker could not reach it gives its reason for', t => {
	const found = {accessible: false, error: 'Connection timed out', verified: false} as const;
	t.deepEqual(weigh('a', found, own), {server: 'a', reachable: false, error: 'Connection timed out'});
});

const findings = fc.array(
	fc.record({server: fc.constantFrom('a', 'b', 'c'), reachable: fc.boolean(), error: fc.constant('closed')}),
	{maxLength: 7},
);

test('the majority of those that answered decides, and half is no majority', t => {
	fc.assert(
		fc.property(findings, votes => {
			const open = votes.filter(({reachable}) => reachable).length;
			const {state} = decide(votes, 'majority');
			const expected =
				votes.length === 0
					? 'unknown'
					: open * 2 > votes.length
						? 'verified'
						: open === 0
							? 'unreachable'
							: 'disputed';
			t.is(state, expected);
		}),
	);
});

test('with a number of them, so many must come through, and too few answers close nothing', t => {
	fc.assert(
		fc.property(findings, fc.integer({min: 1, max: 7}), (votes, quorum) => {
			const open = votes.filter(({reachable}) => reachable).length;
			const {state, reason} = decide(votes, quorum);
			t.is(state === 'verified', open >= quorum);
			t.is(state === 'unreachable', votes.length > 0 && open === 0);
			t.is(state === 'disputed', open > 0 && open < quorum && open < votes.length);
			t.is(reason === null, state === 'verified' && open === votes.length);
		}),
	);
});
