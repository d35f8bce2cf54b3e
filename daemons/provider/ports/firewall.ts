import {isErrno} from '../../../source/platform/files.js';
import {runSystemProgram} from '../../../source/platform/process.js';

/**
What decides on this system about connections that come in. `unknown`: that cannot be told, mostly for want of root.
`nftables` is followed by the chain that decides, where it is known: `nftables inet filter input`.
*/
export type Firewall =
	| 'ufw'
	| 'firewalld'
	| 'nftables'
	| `nftables ${string}`
	| 'iptables'
	| 'macos'
	| 'windows'
	| 'none'
	| 'unknown';

/** Runs a program to its end. @returns what it printed. @throws where it is missing (`ENOENT`), fails or takes long */
export type RunTool = (program: string, args: readonly string[]) => Promise<string>;

/** Both ends are in it. */
export type PortRange = {first: number; last: number};

const toolTimeoutMs = 3000;

/** Which firewall is active here. Nothing is changed, and what is missing or refuses to answer is no error. */
export async function findFirewall(
	run: RunTool = runTool,
	platform: NodeJS.Platform = process.platform,
): Promise<Firewall> {
	if (platform === 'darwin') {
		return 'macos';
	}

	if (platform !== 'linux') {
		return platform === 'win32' ? 'windows' : 'unknown';
	}

	let isUnclear = false;
	// The first two write rules for the others, so they are asked first.
	for (const find of [findUfw, findFirewalld, findNftables, findIptables]) {
		try {
			const found = await find(run);
			if (found !== undefined && found !== 'unknown') {
				return found;
			}

			isUnclear ||= found === 'unknown';
		} catch (error) {
			isUnclear ||= !isErrno(error, 'ENOENT');
		}
	}

	return isUnclear ? 'unknown' : 'none';
}

/** The commands that let requestors in to these ports, for a shell on this system; none where nothing is known to be in the way. */
export function openRangesCommands(
	firewall: Firewall,
	ranges: readonly PortRange[],
	isRoot: boolean,
): string[] {
	const commands = commandsFor(firewall, ranges);
	return firewall === 'windows' || isRoot ? commands : commands.map(command => `sudo ${command}`);
}

function commandsFor(firewall: Firewall, ranges: readonly PortRange[]): string[] {
	const written = (between: string) =>
		ranges.map(({first, last}) => (first === last ? `${first}` : `${first}${between}${last}`));
	switch (firewall) {
		case 'ufw':
			return written(':').map(ports => `ufw allow ${ports}/tcp`);
		case 'firewalld':
			return [
				`firewall-cmd --permanent ${written('-')
					.map(ports => `--add-port=${ports}/tcp`)
					.join(' ')}`,
				'firewall-cmd --reload',
			];
		case 'iptables':
			return [`iptables -I INPUT -p tcp -m multiport --dports ${written(':').join(',')} -j ACCEPT`];
		case 'macos': {
			const program = `'${process.execPath.replaceAll("'", String.raw`'\''`)}'`;
			const tool = '/usr/libexec/ApplicationFirewall/socketfilterfw';
			return [`${tool} --add ${program}`, `${tool} --unblockapp ${program}`];
		}

		case 'windows':
			return [
				`netsh advfirewall firewall add rule name=golem dir=in action=allow protocol=TCP localport=${written('-').join(',')}`,
			];
		case 'none':
		case 'unknown':
			return [];
		default: {
			const chain = firewall.slice('nftables '.length) || 'inet filter input';
			return [`nft insert rule ${chain} tcp dport '{ ${written('-').join(', ')} }' accept`];
		}
	}
}

async function findUfw(run: RunTool): Promise<Firewall | undefined> {
	try {
		return /^Status: active/m.test(await run('ufw', ['status'])) ? 'ufw' : undefined;
	} catch (error) {
		if (isErrno(error, 'ENOENT')) {
			throw error;
		}

		// It answers root only; what it does at each start of the machine everybody may read.
		const isEnabled = await run('grep', ['-i', '^ENABLED=yes', '/etc/ufw/ufw.conf']).catch(() => '');
		return isEnabled === '' ? undefined : 'ufw';
	}
}

async function findFirewalld(run: RunTool): Promise<Firewall | undefined> {
	try {
		return (await run('firewall-cmd', ['--state'])).trim() === 'running' ? 'firewalld' : undefined;
	} catch (error) {
		// The status it exits with where it is installed and does not run.
		if (isErrno(error, '252')) {
			return undefined;
		}

		throw error;
	}
}

async function findNftables(run: RunTool): Promise<Firewall | undefined> {
	let found: Firewall | undefined;
	for (const chain of inputChains(await run('nft', ['list', 'chains']))) {
		const rules = await run('nft', ['list', 'chain', ...chain.split(' ')]);
		if (/policy drop;|^\s*(?:counter packets \d+ bytes \d+ |log .*)?(?:drop|reject)\b/m.test(rules)) {
			return `nftables ${chain}`;
		}

		// It turns something away, or other chains do; whom, we do not try to understand.
		found = /\b(?:drop|reject|jump|goto|queue)\b/.test(rules) ? 'unknown' : found;
	}

	return found;
}

/** The chains that all that comes in goes through, each as `family table chain`; iptables tells of its own ones. */
function inputChains(listing: string): string[] {
	let table = '';
	let chain = '';
	const chains: string[] = [];
	for (const line of listing.split('\n').map(text => text.trim())) {
		table =
			/^table ((?:ip|ip6|inet) [\w./-]+) \{$/.exec(line)?.[1] ?? (line.startsWith('table ') ? '' : table);
		chain = /^chain ([\w./-]+) \{$/.exec(line)?.[1] ?? chain;
		const name = `${table} ${chain}`;
		if (table !== '' && /^type filter hook input\b/.test(line) && !/^ip6? filter INPUT$/.test(name)) {
			chains.push(name);
		}
	}

	return chains;
}

async function findIptables(run: RunTool): Promise<Firewall | undefined> {
	const rules = await run('iptables', ['-S', 'INPUT']);
	if (
		/^-P INPUT DROP|^-A INPUT (?:-m comment --comment (?:"[^"]*"|\S+) )?-j (?:DROP|REJECT)\b/m.test(rules)
	) {
		return 'iptables';
	}

	return /^-A INPUT .*-[jg] (?!ACCEPT|LOG)/m.test(rules) ? 'unknown' : undefined;
}

function runTool(program: string, args: readonly string[]): Promise<string> {
	return runSystemProgram(program, args, {timeoutMs: toolTimeoutMs});
}
