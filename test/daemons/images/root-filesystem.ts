import test from 'ava';
import {parseLibraries} from '../../../daemons/images/root-filesystem.js';

const resolved = `\tlinux-vdso.so.1 (0x00007ffc1a5f2000)
\tlibz.so.1 => /build/packages/lib/x86_64-linux-gnu/libz.so.1 (0x00007f1c0e2a5000)
\tlibc.so.6 => /build/packages/lib/x86_64-linux-gnu/libc.so.6 (0x00007f1c0e0c4000)
\t/lib64/ld-linux-x86-64.so.2 => /build/packages/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 (0x00007f1c0e2d0000)
`;

test('the libraries of a program are those the loader finds among the packages', t => {
	t.deepEqual(parseLibraries(resolved, '/build/packages'), [
		'/build/packages/lib/x86_64-linux-gnu/libz.so.1',
		'/build/packages/lib/x86_64-linux-gnu/libc.so.6',
	]);
	t.deepEqual(parseLibraries('\tstatically linked\n', '/build/packages'), []);
});

test('a library that only the host has, or nobody, is an error', t => {
	const onHost = '\tlibz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007f1c0e2a5000)\n';
	t.throws(() => parseLibraries(onHost, '/build/packages'), {message: /library libz\.so\.1/});
	t.throws(() => parseLibraries('\tlibz.so.1 => not found\n', '/build/packages'), {
		message: /library libz\.so\.1/,
	});
});
