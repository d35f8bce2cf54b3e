import test from 'ava';
import {followLibraries} from '../../../daemons/images/apt.js';

const aptOutput = `linux-image-cloud-amd64
  Depends: linux-image-6.1.0-1-cloud-amd64
linux-image-6.1.0-1-cloud-amd64
  Depends: kmod
 |Depends: initramfs-tools
  Depends: <linux-initramfs-tool>
    dracut
kmod
  Depends: libkmod2
dropbear-bin
  PreDepends: libc6
 |Depends: libssh-a
  Depends: libssh-b
  Depends: zlib1g
libc6
  Depends: libgcc-s1
libgcc-s1
  Depends: libc6
zlib1g
  Depends: libc6
`;

test('a package brings its libraries and kernel parts, and theirs, but nothing else', t => {
	const found = followLibraries(aptOutput, ['linux-image-cloud-amd64', 'dropbear-bin']);
	t.deepEqual(
		[...found].toSorted(),
		[
			'dropbear-bin',
			'libc6',
			'libgcc-s1',
			'libssh-a',
			'linux-image-6.1.0-1-cloud-amd64',
			'linux-image-cloud-amd64',
			'zlib1g',
		].toSorted(),
	);
});

test('a package that apt does not know is still asked for, so that apt says so', t => {
	t.deepEqual([...followLibraries('', ['unheard-of'])], ['unheard-of']);
});
