import * as z from 'zod';
import {command} from '../../command-line/command.js';
import type {Context} from '../../command-line/context.js';
import {exitCodes, GolemError} from '../../platform/golem-error.js';
import {deadlineSignal} from '../../platform/waiting.js';
import {vmNameSchema} from '../../protocol/vm.js';
import {findAccess} from '../../requestor/access.js';
import {createRequestor, withRequestor} from '../../requestor/requestor.js';
import {connectBySsh, type SshTarget} from '../../requestor/ssh.js';
import {readSshOptions} from '../../requestor/ssh-options.js';

const definition = command({
	description: 'Open a shell in a VM, or run a command there; options of OpenSSH such as -L and -N go along',
	args: z.tuple([vmNameSchema.describe('NAME')]).rest(z.string().describe('command')),
	options: z.object({}),
	documents: ['vm-ssh'],
	examples: [
		'golem vm ssh my-vm',
		'golem vm ssh my-vm -- uname -a',
		'golem vm ssh my-vm -N -L 8080:localhost:80',
		'golem vm ssh my-vm --json -- uname -a',
	],
	takeForeign: words => readSshOptions(words),
	async run({paths, sources, note, result, isJson, signal}, {args: [name, ...words], foreign}) {
		if (isJson) {
			mustHaveEnd(name, words, foreign);
		}

		const requestor = createRequestor(paths, sources);
		const [access, {privateKeyFile}] = await (async () => {
			try {
				const rental = await requestor.rental(name);
				return await Promise.all([findAccess(requestor, rental, signal), requestor.sshKey()]);
			} finally {
				// A shell may be open for days: the database is not.
				await requestor.close();
			}
		})();
		const target = {name, access, privateKeyFile, folder: requestor.sshFolder};
		const status = isJson
			? await runForScripts(target, words, foreign, {result, signal})
			: await connectBySsh(target, words, foreign);
		if (status === 255) {
			note(await describeRefusal({paths, sources}, name, signal));
		}

		return status;
	},
});

/** What its provider says of a VM that let nobody in, in the time that a person waits for that. */
async function describeRefusal(
	context: Pick<Context, 'paths' | 'sources'>,
	name: string,
	signal: AbortSignal,
): Promise<string> {
	const status = await withRequestor(context, async requestor => {
		const vm = await requestor.ask(await requestor.rental(name), deadlineSignal(answerTimeoutMs, signal));
		return vm.status;
	}).catch(() => undefined);
	return status === 'stopped'
		? `${name} is stopped. Turn it on with: golem vm start ${name}`
		: `See how the VM is with: golem vm info ${name}`;
}

const answerTimeoutMs = 3000;
/** Of each stream. */
const mostBytes = 16 * 1024 * 1024;

/** Runs a command and writes down what came of it. @returns its exit status */
async function runForScripts(
	target: SshTarget,
	words: readonly string[],
	options: readonly string[] | undefined,
	{result, signal}: Pick<Context, 'result' | 'signal'>,
): Promise<number> {
	const output = {stdout: [] as Buffer[], stderr: [] as Buffer[]};
	const bytes = {stdout: 0, stderr: 0};
	const status = await connectBySsh(target, words, options, (stream, chunk) => {
		const room = mostBytes - bytes[stream];
		bytes[stream] += chunk.length;
		// An empty piece would hold on to all of the chunk.
		if (room > 0) {
			output[stream].push(chunk.subarray(0, room));
		}
	});
	signal.throwIfAborted();
	const text = (stream: keyof typeof output) => Buffer.concat(output[stream]).toString('utf8');
	result(
		{
			name: target.name,
			exit_code: status,
			stdout: text('stdout'),
			stderr: text('stderr'),
			truncated: Math.max(bytes.stdout, bytes.stderr) > mostBytes,
		},
		() => text('stdout'),
	);
	return status;
}

/** A shell ends when somebody leaves it, and what goes to the background tells nobody how it ends. */
function mustHaveEnd(name: string, words: readonly string[], options: readonly string[] = []): void {
	if (words.length === 0 || options.includes('-f')) {
		throw new GolemError('USAGE', 'A shell makes no JSON document, nor does -f; a command does.', {
			exitCode: exitCodes.usage,
			hint: `Say one: golem vm ssh ${name} --json -- uname -a`,
		});
	}
}

export const {description, args, options} = definition;
export default definition;
