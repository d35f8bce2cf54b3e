import type {DaemonName, Paths} from '../platform/paths.js';

/** `user`: of one person's own systemd. `system`: of the machine's, for root. */
export type ServiceScope = 'user' | 'system';

export type UnitOptions = {
	name: DaemonName;
	scope: ServiceScope;
	paths: Pick<Paths, 'home' | 'daemonLock'>;
	/** The program and the words that start `golem`. */
	golem: readonly string[];
};

export function unitName(name: DaemonName): string {
	return `golem-${name}.service`;
}

/** The line by which a unit is known to be for that home. */
export function homeLine(home: string): string {
	return `Environment=${quoted(`GOLEM_HOME=${home}`)}`;
}

/** After a failure. */
export const secondsToNextStart = 10;

/** A systemd unit that runs a daemon. */
export function unitText({name, scope, paths, golem}: UnitOptions): string {
	const command = [...golem.map(word => quoted(word).replaceAll('$', '$$$$')), name, '--detach'];
	const user = scope === 'user' ? ' --user' : '';
	return [
		`# Written by: golem ${name} install-service. Another run writes it anew; what is your own goes into`,
		`# a file beside it: systemctl${user} edit ${unitName(name)}`,
		'',
		'[Unit]',
		`Description=golem ${name}`,
		...(scope === 'system' ? ['Wants=network-online.target', 'After=network-online.target'] : []),
		'# Ten tries, then it is left alone: what is wrong then does not mend itself.',
		'StartLimitIntervalSec=15min',
		'StartLimitBurst=10',
		'',
		'[Service]',
		`# --detach returns when the ${name} is ready; the file has the number of the process that goes on.`,
		'Type=forking',
		`ExecStart=${command.join(' ')}`,
		`PIDFile=${withoutSpecifiers(`${paths.daemonLock(name)}.pid`)}`,
		homeLine(paths.home),
		`WorkingDirectory=-${withoutSpecifiers(paths.home)}`,
		'UMask=0077',
		'Restart=on-failure',
		`RestartSec=${secondsToNextStart}`,
		'TimeoutStartSec=90',
		'TimeoutStopSec=45',
		...processLines(name),
		'',
		...hardeningLines(name, scope),
		'',
		'[Install]',
		`WantedBy=${scope === 'user' ? 'default.target' : 'multi-user.target'}`,
		'',
	].join('\n');
}

function processLines(name: DaemonName): string[] {
	return name === 'provider'
		? [
				'# Only the provider itself is ended with the service. Its VMs and their supervisors are sessions of their',
				'# own: they go on, with the shells in them, and the next provider finds them again.',
				'KillMode=process',
				'# A VM that the kernel ends for want of memory is no reason to end the provider.',
				'OOMPolicy=continue',
			]
		: ['# Nothing of it is to be left, should it have started anything.', 'KillMode=mixed'];
}

/**
What holds by system call filters works for everybody. What needs a view of the files of its own does not: a user's
systemd cannot make one, and a provider must not have one.
*/
function hardeningLines(name: DaemonName, scope: ServiceScope): string[] {
	const always = [
		'NoNewPrivileges=yes',
		'LockPersonality=yes',
		'RestrictRealtime=yes',
		'RestrictSUIDSGID=yes',
		'SystemCallArchitectures=native',
	];
	if (name === 'provider') {
		return [
			'# No Protect…=, Private…= and the like: the VMs would be in another view of the file system than the next',
			'# provider, which then could not tell whose they are; and QEMU needs /dev/kvm, the firewall its rules.',
			...always,
		];
	}

	return [
		...always,
		'RestrictNamespaces=yes',
		'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
		...(scope === 'system'
			? [
					'ProtectSystem=full',
					'ProtectKernelTunables=yes',
					'ProtectKernelModules=yes',
					'ProtectControlGroups=yes',
					'PrivateDevices=yes',
				]
			: []),
	];
}

/** One word as systemd reads it. */
function quoted(word: string): string {
	const escaped = withoutSpecifiers(word).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
	return /^[\w@+=:,./%-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

function withoutSpecifiers(text: string): string {
	return text.replaceAll('%', '%%');
}
