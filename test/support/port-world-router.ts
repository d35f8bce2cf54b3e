/** What a router does with connections from outside; it refuses those to ports that nothing is said of. */
export type RouterRules = {
	/** Sends these ports to a machine at home: to the same port, or all of them to one. */
	forward?: ReadonlyArray<{ports: readonly number[]; to: string; at?: number}>;
	/** Says nothing to them. */
	drop?: readonly number[];
	/** Says by ICMP that nobody may go there. */
	forbid?: readonly number[];
	/** Says nothing to this sender. */
	dropFrom?: {sender: string; ports: readonly number[]};
	/** Refuses connections from home to these ports of the internet. */
	refuseOutwards?: readonly number[];
};

/** The whole ruleset, for `nft -f`, which puts it in the place of the one before in one step. */
export function writeRouterRules(rules: RouterRules, address: string): string {
	const {forward = [], drop = [], forbid = [], dropFrom, refuseOutwards = []} = rules;
	const toPorts = (ports: readonly number[]) => `ip daddr ${address} tcp dport { ${ports.join(', ')} }`;
	const when = (ports: readonly number[], rule: string) => (ports.length > 0 ? [rule] : []);
	const chain = (name: string, hook: string, lines: readonly string[]) =>
		`chain ${name} {\ntype ${hook};\n${lines.join('\n')}\n}`;
	return [
		// So that there is one to delete.
		'table ip golem',
		'delete table ip golem',
		'table ip golem {',
		chain('first', 'filter hook prerouting priority raw', [
			...(dropFrom ? [`ip saddr ${dropFrom.sender} ${toPorts(dropFrom.ports)} drop`] : []),
		]),
		chain('inwards', 'nat hook prerouting priority dstnat', [
			...forward
				.filter(({ports}) => ports.length > 0)
				.map(({ports, to, at}) => `${toPorts(ports)} dnat to ${to}${at === undefined ? '' : `:${at}`}`),
		]),
		chain('itself', 'filter hook input priority filter', [
			...when(drop, `${toPorts(drop)} drop`),
			...when(forbid, `${toPorts(forbid)} reject with icmp admin-prohibited`),
		]),
		chain('outwards', 'filter hook forward priority filter', [
			...when(
				refuseOutwards,
				`oifname "internet" tcp dport { ${refuseOutwards.join(', ')} } reject with tcp reset`,
			),
		]),
		chain('senders-address', 'nat hook postrouting priority srcnat', ['oifname "internet" masquerade']),
		'}',
		'',
	].join('\n');
}
