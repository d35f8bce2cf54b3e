import test from 'ava';
import {
	judgeApiPort,
	judgeDiscovery,
	judgePublicIp,
	judgeSshPorts,
} from '../../../source/hosting/doctor-reachability.js';
import type {PortStatus} from '../../../source/protocol/control.js';
import {figures, issue, port, report, server, silentServer} from './_doctor-facts.js';

const closed: Partial<PortStatus> = {
	state: 'unreachable',
	findings: [{server: 'http://checker', reachable: false, error: 'refused'}],
};

test('a public address is told with where it comes from', t => {
	t.like(judgePublicIp(figures(), []), {verdict: 'ok', evidence: '8.8.4.4, as configured'});
});

test('without a public address, what the provider says about it helps, else the setting', t => {
	const unknown = figures({public_ip: null, public_ip_source: 'unknown: nobody told it'});
	t.like(judgePublicIp(unknown, [issue('api-unreachable'), issue('public-ip-unknown')]), {
		verdict: 'failed',
		evidence: 'unknown: nobody told it',
		fix: ['Mend public-ip-unknown.', 'Read on: docs/hosting.md#public-ip-unknown'],
	});
	t.regex(judgePublicIp(unknown, []).fix.join(' '), /GOLEM_PROVIDER_PUBLIC_IP/);
});

test('an API that was reached is told with who reached it', t => {
	t.like(judgeApiPort(report()), {
		verdict: 'ok',
		evidence: 'port 7466 is open; reached by http://checker',
	});
});

test('an API that was not reached fails with what the issue of the API says, and no other', t => {
	const {verdict, evidence, fix} = judgeApiPort(
		report({api: port(7466, closed), issues: [issue('ports-unreachable'), issue('api-unreachable')]}),
	);
	t.is(verdict, 'failed');
	t.regex(evidence, /^port 7466 is unreachable; http:\/\/checker: refused; It is api-unreachable\.$/);
	t.deepEqual(fix, ['Mend api-unreachable.', 'Read on: docs/hosting.md#api-unreachable']);
});

test('an API that was not reached has advice even where the provider gives none', t => {
	t.regex(
		judgeApiPort(report({api: port(7466, closed)})).fix.join('\n'),
		/7466.*\n.*\n\$ golem provider verify/,
	);
});

test('an API the checkers disagree about is not offered, so it fails', t => {
	t.is(judgeApiPort(report({api: port(7466, {state: 'disputed'})})).verdict, 'failed');
});

test('an API that nobody has told about is unknown, and says how far the verification is', t => {
	const api = port(7466, {state: 'unknown', findings: []});
	t.regex(judgeApiPort(report({api})).evidence, /nobody has told$/);
	const {verdict, evidence} = judgeApiPort(
		report({api, verification: {...report().verification, phase: 'outside'}}),
	);
	t.is(verdict, 'unknown');
	t.regex(evidence, /being tried just now$/);
});

test('ports that nobody tried because a setting says so are a warning, the API and the others', t => {
	const skipped = report({verification_skipped: true, issues: [issue('verification-skipped')]});
	for (const {verdict, evidence} of [judgeApiPort(skipped), judgeSshPorts(skipped)]) {
		t.is(verdict, 'warning');
		t.regex(evidence, /GOLEM_PROVIDER_SKIP_PORT_VERIFICATION/);
	}
});

test('all SSH ports open is good, those with a VM counted as open', t => {
	const ports = [port(50_800), port(50_801, {state: 'in-use'})];
	t.like(judgeSshPorts(report({ports})), {
		verdict: 'ok',
		evidence: '2 of 2 usable (50800 to 50801), 1 in-use',
	});
});

test('some SSH ports open is a warning with what helps the others', t => {
	const {verdict, evidence, fix} = judgeSshPorts(
		report({
			ports: [port(50_800), port(50_801, closed), port(50_802, {state: 'occupied'})],
			issues: [issue('ports-unreachable', {fixes: ['$ ufw allow 50801']}), issue('api-unreachable')],
		}),
	);
	t.is(verdict, 'warning');
	t.is(evidence, '1 of 3 usable (50800 to 50802), 1 unreachable, 1 occupied; It is ports-unreachable.');
	t.is(fix[0], '$ ufw allow 50801');
	t.false(fix.includes('Mend api-unreachable.'));
});

test('no SSH port open fails, also where a VM has one that is not reached any more', t => {
	t.is(judgeSshPorts(report({ports: [port(50_800, closed)]})).verdict, 'failed');
	const lost = port(50_800, {state: 'in-use', reason: 'not reached'});
	t.is(judgeSshPorts(report({ports: [lost]})).verdict, 'failed');
	t.is(judgeSshPorts(report({ports: []})).verdict, 'failed');
	t.true(judgeSshPorts(report({ports: [port(50_800, closed)], public_ip: null})).isConsequence);
});

test('no SSH port known fails with why nobody told', t => {
	const {verdict, evidence, fix} = judgeSshPorts(
		report({ports: [port(50_800, {state: 'unknown'})], issues: [issue('no-checker')]}),
	);
	t.is(verdict, 'failed');
	t.regex(evidence, /0 of 1 usable .*It is no-checker\.; nobody has told$/);
	t.is(fix[0], 'Mend no-checker.');
});

test('discovery is good when every server answers', t => {
	t.like(judgeDiscovery([server('http://a')]), {verdict: 'ok', evidence: 'http://a answered in 40 ms'});
});

test('one silent discovery server of two is a warning, two are a failure, none set too', t => {
	const half = judgeDiscovery([server('http://a'), silentServer('http://b')]);
	t.is(half.verdict, 'warning');
	t.is(half.fix.at(-1), '$ curl http://b/health');
	t.is(judgeDiscovery([silentServer('http://a'), silentServer('http://b')]).verdict, 'failed');
	t.regex(judgeDiscovery([]).fix.join(), /GOLEM_PROVIDER_DISCOVERY_URL/);
});
