import fs from 'node:fs/promises';
import {runSystemProgram} from '../../../source/platform/process.js';

/** The users that guests' connections are made as; far from any user a system has. */
export const guestUsers = {first: 0x70_01_00_00, last: 0x70_01_ff_ff} as const;

/** What is not the internet (the IANA registry of special-purpose IPv4 addresses). */
const notTheInternet = [
	'0.0.0.0/8',
	'10.0.0.0/8',
	'100.64.0.0/10',
	'127.0.0.0/8',
	'169.254.0.0/16',
	'172.16.0.0/12',
	'192.0.0.0/24',
	'192.168.0.0/16',
	'198.18.0.0/15',
	'224.0.0.0/3',
];

const tableName = 'golem_guests';
const timeoutMs = 10_000;

/**
Tells the kernel that what guests send does not go to this machine or its networks, and asks it whether it holds to
that. Needs root and nftables.
@throws where the rules could not be put in place
*/
export async function closeHostToGuests(): Promise<void> {
	await runSystemProgram('nft', ['-f', '-'], {timeoutMs, input: firewallRules(await readNameServers())});
	const listed = await runSystemProgram('nft', ['list', 'table', 'inet', tableName], {timeoutMs});
	if (!listed.includes('hook output') || !listed.includes('192.168.0.0/16')) {
		throw new Error(`nft has put no rules in place: ${listed}`);
	}
}

/**
One transaction: there is no moment in which an older set is gone and the new one not there yet. Name servers are the
one thing on the host's side that guests may ask, and nothing but names.
*/
export function firewallRules(nameServers: readonly string[]): string {
	const servers = nameServers.length > 0 ? `ip daddr { ${nameServers.join(', ')} } th dport 53 accept` : '';
	return `
table inet ${tableName}
delete table inet ${tableName}
table inet ${tableName} {
	chain output {
		type filter hook output priority 0; policy accept;
		meta skuid ${guestUsers.first}-${guestUsers.last} goto guests
	}
	chain guests {
		${servers}
		fib daddr type != unicast reject
		ip daddr { ${notTheInternet.join(', ')} } reject
		meta nfproto ipv6 reject
	}
}
`;
}

/** The IPv4 name servers of this machine. */
async function readNameServers(): Promise<string[]> {
	const text = await fs.readFile('/etc/resolv.conf', 'utf8').catch(() => '');
	return [...text.matchAll(/^nameserver\s+(\d+\.\d+\.\d+\.\d+)\s*$/gm)].flatMap(match => match[1] ?? []);
}
