/** A file of the guest that comes from no package. */
export type GuestFile = {path: string; mode: number; content: string};

/** The user a tenant logs in as; there is no way to root but through the guest agent. */
export const guestUser = {name: 'ubuntu', id: 1000, home: 'home/ubuntu'} as const;

/**
First program of the guest: loads the modules, mounts the disk and hands over to it. Busybox's shell finds busybox's
other commands by itself, as soon as there is /proc/self/exe to run them with.
*/
export const initrdInit = `#!/bin/busybox sh
fail() {
	echo "golem: failed: $1" >/dev/console
	poweroff -f
}

/bin/busybox mount -t proc proc /proc
mount -t devtmpfs dev /dev
for module in /modules/*; do insmod $module; done

tries=0
until [ -b /dev/vda ]; do
	[ $((tries += 1)) -le 100 ] || fail "there is no disk"
	usleep 50000
done

mount -t ext4 -o noatime,discard /dev/vda /root || fail "the disk cannot be mounted"
[ -x /root/usr/bin/init ] || fail "the disk has no system on it"
mount -o move /dev /root/dev
mount -o move /proc /root/proc
exec /bin/busybox switch_root /root /usr/bin/init
`;

/**
Brings the guest up to its SSH server, says so on the console, and leaves the rest to \`services\`. What the host wants
to be in the guest (keys, names, addresses) is a tar in QEMU's fw_cfg, unpacked over the disk at every start.
*/
const startScript = `#!/bin/sh
exec >/dev/console 2>/dev/null

fail() {
	echo "golem: failed: $1"
	poweroff -f
}

umask 022
mount -t sysfs sys /sys
mkdir -p /dev/pts /dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 pts /dev/pts
mount -t tmpfs -o nosuid,nodev,mode=755 run /run
mount -t tmpfs -o nosuid,nodev tmp /tmp
mount -t tmpfs -o nosuid,nodev shm /dev/shm

seed=/sys/firmware/qemu_fw_cfg/by_name/opt/golem/seed/raw
if [ -e $seed ]; then
	tar -xpf $seed -C / || fail "the seed cannot be unpacked"
fi
hostname -F /etc/hostname

address=10.0.2.15/24 gateway=10.0.2.2 dns=10.0.2.3 uplink=
[ ! -e /etc/golem/network ] || . /etc/golem/network
ifconfig lo 127.0.0.1
ip address add $address dev eth0 && ip link set eth0 up || fail "there is no network device"
[ -z "$uplink" ] || { ip address add $uplink dev eth1 && ip link set eth1 up; }
[ -z "$gateway" ] || ip route add default via $gateway
for server in $dns; do echo "nameserver $server"; done >/etc/resolv.conf

host_key=/etc/dropbear/dropbear_ed25519_host_key
[ -e $host_key ] || fail "the seed has no SSH host key"
# No passwords, no root; a window that fills a long line: dropbear's own 24 KB allow 0.25 MB/s at 100 ms.
dropbear -r $host_key -s -w -W 1048576 -K 60 || fail "the SSH server does not start"
# It goes to the background once it listens.
echo "golem: ready"
/usr/lib/golem/services &
`;

/** All that may wait until the SSH server is up: the guest agent, the power button, and growing into a larger disk. */
const servicesScript = `#!/bin/sh
exec </dev/null >/dev/null 2>&1

for port in /sys/class/virtio-ports/*; do
	read -r name <$port/name
	[ "$name" = org.qemu.guest_agent.0 ] || continue
	while :; do
		qemu-ga --method virtio-serial --path /dev/\${port##*/} --statedir /run --pidfile /run/qemu-ga.pid
		sleep 1
	done &
done

while :; do
	acpid -f -c /etc/acpi -l /dev/null -p /run/acpid.pid
	sleep 1
done &

resize2fs /dev/vda
`;

/**
Ends the guest, under each of the names poweroff, halt, reboot and shutdown. Processes get a second to end; the disk of
those that don't is safe all the same, by its journal. In the background, because the guest agent, which has to end
too, first waits for what it calls. (Busybox's own way, through init, takes two seconds in any case.)
*/
const stopScript = `#!/bin/sh
action=poweroff
case "\${0##*/} $1" in reboot* | *" -r") action=reboot ;; esac

# Whether a process besides this one and init has a command line, which those of the kernel have not.
others_are_alive() {
	for process in /proc/[0-9]*; do
		case $process in /proc/1 | /proc/$self) continue ;; esac
		line=
		read -r line <$process/cmdline
		[ -z "$line" ] || return 0
	done 2>/dev/null
	return 1
}

{
	read -r self rest </proc/self/stat
	trap '' TERM HUP
	kill -TERM -1
	tries=0
	while others_are_alive && [ $((tries += 1)) -le 20 ]; do usleep 50000; done
	kill -KILL -1

	sync
	mount -o remount,ro /
	$action -f
} &
`;

const osRelease = `NAME="Golem micro"
PRETTY_NAME="Golem micro"
ID=golem-micro
HOME_URL="https://www.golem.network/"
`;

const welcome = `
  Welcome to your Golem VM.

  A very small Linux: busybox, SSH and your files, which stay when it stops.
  Files come and go with scp, sftp and rsync. Try: df -h, free -m, nproc, vi

`;

const profile = `export PATH=/usr/local/bin:/usr/bin:/bin
export PS1='\\u@\\h:\\w\\$ '
`;

/** The guest's files that come from no package, all root's except those in the user's home. */
export const guestFiles: readonly GuestFile[] = [
	{path: 'usr/lib/golem/start', mode: 0o755, content: startScript},
	{path: 'usr/lib/golem/services', mode: 0o755, content: servicesScript},
	{path: 'usr/lib/golem/stop', mode: 0o755, content: stopScript},
	{path: 'etc/inittab', mode: 0o644, content: '::sysinit:/usr/lib/golem/start\n'},
	{path: 'etc/acpi/PWRF/00000080', mode: 0o755, content: '#!/bin/sh\nexec /usr/lib/golem/stop\n'},
	{path: 'etc/os-release', mode: 0o644, content: osRelease},
	{path: 'etc/motd', mode: 0o644, content: welcome},
	{path: 'etc/profile', mode: 0o644, content: profile},
	{path: 'etc/hostname', mode: 0o644, content: 'golem\n'},
	{path: 'etc/hosts', mode: 0o644, content: '127.0.0.1 localhost\n::1 localhost\n'},
	{path: 'etc/shells', mode: 0o644, content: '/bin/sh\n'},
	{
		path: 'etc/passwd',
		mode: 0o644,
		content: `root:x:0:0:root:/root:/bin/sh\n${guestUser.name}:x:1000:1000::/${guestUser.home}:/bin/sh\n`,
	},
	{path: 'etc/group', mode: 0o644, content: `root:x:0:\ntty:x:5:\n${guestUser.name}:x:1000:\n`},
	{path: 'etc/shadow', mode: 0o600, content: `root:*:::::::\n${guestUser.name}:*:::::::\n`},
];

/** The guest's folders that no file brings, or whose mode is not 755. */
export const guestFolders: ReadonlyArray<{path: string; mode: number}> = [
	...['dev', 'proc', 'sys', 'run', 'mnt', 'etc/dropbear', 'usr/local/bin', 'var/log', guestUser.home].map(
		path => ({
			path,
			mode: 0o755,
		}),
	),
	...['tmp', 'var/tmp'].map(path => ({path, mode: 0o1777})),
	...['root', `${guestUser.home}/.ssh`].map(path => ({path, mode: 0o700})),
];

/** The guest's symbolic links: one folder for all programs, and the names the stop script goes by. */
export const guestLinks: Readonly<Record<string, string>> = {
	bin: 'usr/bin',
	sbin: 'usr/bin',
	lib: 'usr/lib',
	lib64: 'usr/lib',
	'usr/sbin': 'bin',
	'usr/libexec': 'lib',
	'var/run': '/run',
	'etc/mtab': '/proc/mounts',
	'usr/bin/poweroff': '../lib/golem/stop',
	'usr/bin/halt': '../lib/golem/stop',
	'usr/bin/reboot': '../lib/golem/stop',
	'usr/bin/shutdown': '../lib/golem/stop',
};
