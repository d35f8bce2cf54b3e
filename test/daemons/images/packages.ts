import test from 'ava';
import {kernelPackage} from '../../../daemons/images/packages.js';

test('each distribution has its kernel package', t => {
	t.is(kernelPackage('PRETTY_NAME="Debian"\nID=debian\n', 'amd64'), 'linux-image-cloud-amd64');
	t.is(kernelPackage('ID=debian\n', 'arm64'), 'linux-image-cloud-arm64');
	t.is(kernelPackage('NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', 'amd64'), 'linux-image-virtual');
});

test('a derivative has the kernel package of the nearest distribution it comes from', t => {
	t.is(kernelPackage('ID=linuxmint\nID_LIKE="ubuntu debian"\n', 'amd64'), 'linux-image-virtual');
});

test('a distribution without Debian packages is refused', t => {
	t.throws(() => kernelPackage('ID=fedora\n', 'amd64'), {code: 'IMAGE_BUILD_FAILED'});
	t.throws(() => kernelPackage('', 'amd64'), {code: 'IMAGE_BUILD_FAILED'});
});
