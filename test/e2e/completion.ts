import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import {signAdvertisement} from '../../source/protocol/advertisement.js';
import {createIdentity, createPrivateKey} from '../../source/protocol/identity.js';
import {openRentals} from '../../source/requestor/rentals.js';
import {offer} from '../support/advertisements.js';
import {runGolem} from '../support/golem.js';
import {startHttpServer} from '../support/http-server.js';
import {temporaryFolder} from '../support/temporary-folder.js';
import {fetchShells, openShell, type Shell, shellEnvironment} from './_shell.js';

const provider = createIdentity(createPrivateKey());
let shells: Awaited<ReturnType<typeof fetchShells>>;
let shellsFolder: string;

test.before(async () => {
	shellsFolder = await fs.mkdtemp(path.join(os.tmpdir(), 'golem-shells-'));
	shells = await fetchShells(shellsFolder);
});

test.after.always(async () => fs.rm(shellsFolder, {recursive: true, force: true}));

/** A home with one VM in it, in a world with one provider, which calls its images what it likes. */
async function createWorld(
	t: ExecutionContext,
): Promise<{home: string; environment: Record<string, string>}> {
	const home = await temporaryFolder(t);
	const rentals = await openRentals(path.join(home, 'vms.db'));
	await rentals.set('attic-vm', {
		name: 'attic-vm',
		provider: {id: provider.id, host: '127.0.0.1', port: 1},
		resources: {cpu: 1, memory: 1, storage: 10},
		image: 'micro',
		idempotency_key: 'once',
		vm_id: null,
		job_id: null,
		access: null,
		created_at: new Date().toISOString(),
	});
	await rentals.close();
	const at = new Date().toISOString();
	const said = {...offer, images: ['quark-24.04', 'q$(touch pwned)', 'q`id`']};
	const advertised = {
		...said,
		provider_id: provider.id,
		timestamp: at,
		signature: signAdvertisement(provider, said, at)['X-Provider-Signature'],
		created_at: at,
		updated_at: at,
	};
	const {url} = await startHttpServer(t, response => response.end(JSON.stringify([advertised])));
	return {home, environment: await shellEnvironment(home, {GOLEM_REQUESTOR_DISCOVERY_URL: url})};
}

const openers: Record<string, (t: ExecutionContext) => Promise<Shell>> = {
	async bash(t) {
		const {home, environment} = await createWorld(t);
		await fs.writeFile(path.join(home, 'bashrc'), "source <(golem completion bash)\nPS1='> '\n");
		return openShell('bash', ['--noprofile', '--rcfile', path.join(home, 'bashrc'), '-i'], home, environment);
	},
	async 'zsh that reads the script'(t) {
		return openZsh(t, 'autoload -Uz compinit && compinit -u -D && source <(golem completion zsh)');
	},
	async 'zsh that finds the script in its function path'(t) {
		return openZsh(t, 'golem completion zsh > "$HOME/_golem" && autoload -Uz compinit && compinit -u -D');
	},
};

async function openZsh(t: ExecutionContext, setUp: string): Promise<Shell> {
	const {home, environment} = await createWorld(t);
	const functions = shells.functions.map(folder => `'${folder}'`).join(' ');
	await fs.writeFile(
		path.join(home, '.zshenv'),
		`module_path=('${shells.modules}')\nfpath=("$HOME" ${functions})\nunsetopt globalrcs\n`,
	);
	await fs.writeFile(path.join(home, '.zshrc'), `${setUp}\nPS1='> '\n`);
	return openShell(shells.zsh, ['-i'], home, {...environment, ZDOTDIR: home});
}

const kept = {
	bash: '.local/share/bash-completion/completions/golem',
	fish: '.config/fish/completions/golem.fish',
};

for (const [name, file] of Object.entries(kept)) {
	test.serial(`what the script for ${name} says of keeping it works in a new home`, async t => {
		const {home, environment} = await createWorld(t);
		const run = (command: string) => execa('bash', ['-ec', command], {extendEnv: false, env: environment});
		const {stdout} = await run(`golem completion ${name}`);
		const commands = stdout.split('\n').filter(line => line.startsWith('#   '));
		await run(commands.map(line => line.slice(4)).join('\n'));
		t.is((await fs.readFile(path.join(home, file), 'utf8')).trim(), stdout.trim());
	});
}

for (const [name, open] of Object.entries(openers)) {
	test.serial(`${name} completes commands, flags, values, VMs and providers at a press of tab`, async t => {
		const shell = await open(t);
		t.teardown(() => shell.close());
		await shell.shows(/^>$/m);
		for (const [typed, completed] of [
			['golem provi\tver\t', 'golem provider verify '],
			['golem vm creat\t', 'golem vm create '],
			['golem vm create new-vm --stor\t', 'golem vm create new-vm --storage '],
			['golem vm create new-vm --size xl\t', 'golem vm create new-vm --size xlarge '],
			['golem vm create new-vm --size=xl\t', 'golem vm create new-vm --size=xlarge '],
			['golem api GET / --daemon po\t', 'golem api GET / --daemon port-checker '],
			['golem config get GOLEM_PROVIDER_MAX\t', 'golem config get GOLEM_PROVIDER_MAX_VMS '],
			['golem help exi\t', 'golem help exit-codes '],
			['golem vm ssh at\t', 'golem vm ssh attic-vm '],
			['golem vm create new-vm --provider-id 0\t', `golem vm create new-vm --provider-id ${provider.id} `],
			['golem vm create new-vm --image q\t', 'golem vm create new-vm --image quark-24.04 '],
		] as const) {
			// A letter shows where the completion ends; before a sign zsh would take its blank back.
			shell.type(`${typed}Z`);
			await shell.shows(`> ${completed}Z`);
			// Ctrl-U: the line is not to be run.
			shell.type('\u0015');
		}

		t.pass('each of them was shown');
	});

	test.serial(`${name} shows what there is to choose from, and knows no names for a new VM`, async t => {
		const shell = await open(t);
		t.teardown(() => shell.close());
		await shell.shows(/^>$/m);
		shell.type('golem vm create new-vm --size \t\t');
		await shell.shows(/\bsmall\b[\s\S]*\bxlarge\b/);
		shell.type('\u0015golem vm create at\tZ');
		await shell.shows('golem vm create atZ');
		t.pass('nothing was added to it');
	});
}

test('fish accepts the script, and completes with what each word means', async t => {
	const {home, environment} = await createWorld(t);
	const fish = async (script: string) =>
		execa(shells.fish, ['--no-config', '-c', script], {
			extendEnv: false,
			cwd: home,
			env: {...environment, LD_LIBRARY_PATH: shells.libraries},
		});
	const ask = async (line: string) =>
		(await fish(`golem completion fish | source; complete -C '${line}'`)).stdout;
	t.is((await fish('golem completion fish | source')).stderr, '');
	t.is(await ask('golem vm creat'), 'create\tRent a VM');
	t.is(await ask('golem vm ssh at'), 'attic-vm\t1 cores, 1 GB, micro');
	t.is(await ask('golem vm create new-vm --size=xl'), '--size=xlarge');
	t.is(await ask('golem vm create new-vm --size xl'), 'xlarge');
	t.true((await ask('golem vm create new-vm --provider-id 0')).startsWith(`${provider.id}\t`));
});

test('what strangers call their images never runs in a shell: such a name is not offered', async t => {
	const {home, environment} = await createWorld(t);
	const {stdout} = await runGolem(
		['completion', '--complete', 'bash', '--', 'vm', 'create', 'new-vm', '--image', 'q'],
		{home, environment},
	);
	t.is(stdout, 'quark-24.04\toffered by a provider\n');
});

test('where nobody answers, and nothing is there yet, completion is quick, silent and makes nothing', async t => {
	const home = await temporaryFolder(t);
	const {url} = await startHttpServer(t, () => {});
	const ask = async (...words: string[]) =>
		runGolem(['completion', '--complete', 'bash', '--', ...words], {
			home,
			environment: {GOLEM_REQUESTOR_DISCOVERY_URL: url},
			timeoutMs: 10_000,
		});
	for (const words of [
		['vm', 'ssh', ''],
		['vm', 'create', 'new-vm', '--provider-id', ''],
		['vm', 'ssh', 'attic-vm', '--', ''],
		['no', 'such', 'command', ''],
	]) {
		const {exitCode, stdout, stderr} = await ask(...words);
		t.deepEqual({exitCode, stdout, stderr}, {exitCode: 0, stdout: '', stderr: ''}, words.join(' '));
	}

	t.deepEqual(await fs.readdir(home), []);
});
