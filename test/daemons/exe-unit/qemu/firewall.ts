import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {closeHostToGuests, firewallRules} from '../../../../daemons/exe-unit/qemu/firewall.js';
import {runSystemProgram} from '../../../../source/platform/process.js';
import {temporaryFolder} from '../../../support/temporary-folder.js';

test('name servers may be asked for names, and nothing else of the host’s may be reached', t => {
	const rules = firewallRules(['192.0.2.53']);
	t.true(rules.indexOf('ip daddr { 192.0.2.53 } th dport 53 accept') < rules.indexOf('reject'));
	t.false(firewallRules([]).includes('th dport'));
});

test.serial(
	'an nft of a package’s, which takes any rules and does nothing, is not taken for the system’s',
	async t => {
		const folder = await temporaryFolder(t);
		await fs.writeFile(path.join(folder, 'nft'), '#!/bin/sh\nexit 0\n', {mode: 0o755});
		const before = process.env['PATH'];
		process.env['PATH'] = `${folder}:${before}`;
		try {
			if (process.getuid?.() === 0) {
				await closeHostToGuests();
				const listed = await runSystemProgram('nft', ['list', 'table', 'inet', 'golem_guests'], {
					timeoutMs: 10_000,
				});
				t.true(listed.includes('192.168.0.0/16'), listed);
			} else {
				await t.throwsAsync(closeHostToGuests());
			}
		} finally {
			process.env['PATH'] = before;
		}
	},
);
