import test from 'ava';
import fc from 'fast-check';
import {
	createVmBodySchema,
	imageNameSchema,
	vmAccessSchema,
	vmNameSchema,
} from '../../../source/protocol/vm.js';

/** Why a body is refused, by path; nothing where it is taken. */
function faults(body: unknown): Record<string, string> {
	const parsed = createVmBodySchema.safeParse(body);
	return Object.fromEntries(parsed.error?.issues.map(issue => [issue.path.join('.'), issue.message]) ?? []);
}

/** The contract's rule for names, said in another way than the schema says it. */
function isName(text: string): boolean {
	const characters = [...text];
	const isLetterOrDigit = (character: string | undefined) =>
		character !== undefined && 'abcdefghijklmnopqrstuvwxyz0123456789'.includes(character);
	return (
		characters.length >= 3 &&
		characters.length <= 64 &&
		characters.every(character => isLetterOrDigit(character) || character === '-') &&
		isLetterOrDigit(characters[0]) &&
		isLetterOrDigit(characters.at(-1)) &&
		!text.includes('--')
	);
}

test('names follow the rule, near its edges too', t => {
	const nearlyName = fc.string({unit: fc.constantFrom(...'ab09-'), maxLength: 70});
	const oddName = fc.string({unit: fc.constantFrom(...'a0-A_.\n ö'), maxLength: 8});
	fc.assert(
		fc.property(fc.oneof(nearlyName, oddName, fc.string({unit: 'binary'})), text => {
			t.is(vmNameSchema.safeParse(text).success, isName(text), JSON.stringify(text));
		}),
		{numRuns: 2000},
	);
});

test('names people try', t => {
	for (const good of ['abc', 'my-webserver', '1-2-3', 'a'.repeat(64)]) {
		t.true(vmNameSchema.safeParse(good).success, good);
	}

	for (const bad of [
		'ab',
		'My-VM',
		'a--b',
		'-ab',
		'ab-',
		'a_b',
		'a.b',
		'abc\n',
		'a'.repeat(65),
		'../etc',
		'',
	]) {
		t.false(vmNameSchema.safeParse(bad).success, JSON.stringify(bad));
	}
});

test('the size can be said in three ways, which mean the same', t => {
	const wanted = {name: 'my-vm', resources: {cpu: 4, memory: 8, storage: 40}};
	t.deepEqual(createVmBodySchema.parse({name: 'my-vm', cpu_cores: 4, memory_gb: 8, storage_gb: 40}), wanted);
	t.deepEqual(createVmBodySchema.parse({name: 'my-vm', resources: {cpu: 4, memory: 8, storage: 40}}), wanted);
	t.deepEqual(createVmBodySchema.parse({name: 'my-vm', size: 'large'}), wanted);
});

test('the named sizes are those of the contract', t => {
	const sizes = {small: [1, 1, 10], medium: [2, 4, 20], large: [4, 8, 40], xlarge: [8, 16, 80]};
	for (const [size, [cpu, memory, storage]] of Object.entries(sizes)) {
		t.deepEqual(createVmBodySchema.parse({name: 'my-vm', size}).resources, {cpu, memory, storage});
	}
});

test('a size said twice is refused', t => {
	const resources = {cpu: 1, memory: 1, storage: 10};
	for (const twice of [
		{size: 'small', resources},
		{size: 'small', cpu_cores: 1},
		{resources, storage_gb: 10},
		{size: 'small', resources, memory_gb: 1},
	]) {
		t.regex(faults({name: 'my-vm', ...twice})[''] ?? '', /give the size once/);
	}
});

test('every fault of a body is told, each with its path', t => {
	const told = faults({
		name: 'A',
		resources: {cpu: 0, memory: 1.5, storage: 'much'},
		size: 'huge',
		image: '../secret',
		ssh_key: 'ssh-rsa AAAA',
	});
	t.deepEqual(Object.keys(told).sort(), [
		'image',
		'name',
		'resources.cpu',
		'resources.memory',
		'resources.storage',
		'size',
		'ssh_key',
	]);
});

test('what is no body at all is refused without a throw', t => {
	fc.assert(
		fc.property(fc.jsonValue(), value => {
			t.false(createVmBodySchema.safeParse(value).success);
		}),
	);
});

test('an image’s name is no path', t => {
	for (const good of ['micro', '24.04', 'ubuntu:22.04', 'a-b']) {
		t.true(imageNameSchema.safeParse(good).success, good);
	}

	for (const bad of ['', '../micro', 'a/b', '.hidden', 'Micro', 'a b', 'x'.repeat(65), 'micro\n']) {
		t.false(imageNameSchema.safeParse(bad).success, JSON.stringify(bad));
	}
});

test('the user of an access is one that no shell and no option parser can misread', t => {
	const access = {
		ssh_host: '203.0.113.7',
		ssh_port: 50_800,
		ssh_user: 'ubuntu',
		ssh_host_keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'],
		vm_id: 'golem-my-vm-20250219-130424',
		multipass_name: null,
	};
	t.true(vmAccessSchema.safeParse(access).success);
	for (const ssh_user of ['-oProxyCommand=x', 'a b', '$(id)', 'root\n', '']) {
		t.false(vmAccessSchema.safeParse({...access, ssh_user}).success, ssh_user);
	}

	t.false(vmAccessSchema.safeParse({...access, ssh_host_keys: []}).success);
});
