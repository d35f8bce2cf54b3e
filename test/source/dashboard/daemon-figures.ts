import test from 'ava';
import {mainFigure} from '../../../source/dashboard/daemon-figures.js';
import {daemonStatus} from './_stand-ins.js';

test('what a daemon is busy with comes before its figures', t => {
	t.is(
		mainFigure(daemonStatus('provider', {busy_with: ['verifying ports', 'else'], vms: 3})),
		'verifying ports',
	);
});

test('each daemon tells its own figures, in the right number', t => {
	t.is(mainFigure(daemonStatus('provider', {vms: 1, offered: true})), '1 VM, offered');
	t.is(
		mainFigure(
			daemonStatus('provider', {vms: 2, offered: false, not_offered_because: ['no port is reached']}),
		),
		'2 VMs, not offered: no port is reached',
	);
	t.is(mainFigure(daemonStatus('discovery', {advertisements: 1})), '1 advertisement');
	t.is(mainFigure(daemonStatus('port-checker', {checks: 2, ports_checked: 1})), '2 checks, 1 port');
});

test('a daemon of another version that tells nothing, or other things, is borne', t => {
	t.is(mainFigure(daemonStatus('provider')), '0 VMs, not offered: no reason told');
	t.is(mainFigure(daemonStatus('discovery', {advertisements: 'many'})), '0 advertisements');
	t.is(mainFigure(daemonStatus('port-checker', {checks: null})), '0 checks, 0 ports');
});
