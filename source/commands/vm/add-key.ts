import fs from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {command} from '../../command-line/command.js';
import {isErrno} from '../../platform/files.js';
import {exitCodes, GolemError} from '../../platform/golem-error.js';
import {sshKeySchema, vmNameSchema} from '../../protocol/vm.js';
import {confirmedId, withRequestor} from '../../requestor/requestor.js';

/** The longest key that a provider takes; a file beyond that holds something else. */
const maximumKeyBytes = 8192;

const definition = command({
	description: 'Let one more SSH key into a VM',
	args: z.tuple([vmNameSchema.describe('NAME'), z.string().min(1).describe('FILE')]),
	options: z.object({
		label: sshKeySchema.shape.name
			.unwrap()
			.optional()
			.describe('What to call the key; its file’s name if not said'),
	}),
	documents: ['vm-key-added'],
	examples: [
		'golem vm add-key my-vm ~/.ssh/id_ed25519.pub',
		'golem vm add-key my-vm colleague.pub --label colleague',
	],
	async run(context, {args: [name, file], options}) {
		const {result, signal} = context;
		return withRequestor(context, async requestor => {
			const rental = await requestor.rental(name);
			const key = await readPublicKey(file, options.label);
			const id = confirmedId(rental);
			const provider = await requestor.providerOf(rental);
			const keys = await provider.addSshKey(id, key, signal);
			result(
				{name, id, added: key, ssh_keys: keys},
				() => `The key ${key.name} opens ${name} now. In all it has ${keys.length}.`,
				() => [key.name],
			);
			return exitCodes.done;
		});
	},
});

async function readPublicKey(file: string, label: string | undefined) {
	const text = await readBounded(file);
	if (/PRIVATE KEY/.test(text)) {
		throw unusable(
			file,
			'holds a private key, which is nobody’s but yours',
			`Give the public one: ${file}.pub`,
		);
	}

	const fallback = path
		.basename(file, '.pub')
		.replaceAll(/[^\w.@+-]/g, '-')
		.slice(0, 64);
	const parsed = sshKeySchema.safeParse({key: text, name: label ?? fallback});
	if (!parsed.success) {
		throw unusable(
			file,
			parsed.error.issues.map(({message}) => message).join('; '),
			'Give a file such as ~/.ssh/id_ed25519.pub',
		);
	}

	return parsed.data;
}

async function readBounded(file: string): Promise<string> {
	try {
		const handle = await fs.open(file);
		try {
			const {buffer, bytesRead} = await handle.read(Buffer.alloc(maximumKeyBytes + 1), 0);
			return buffer.toString('utf8', 0, bytesRead);
		} finally {
			await handle.close();
		}
	} catch (error) {
		if (isErrno(error, 'ENOENT', 'ENOTDIR')) {
			throw new GolemError('KEY_UNUSABLE', `There is no file ${file}.`, {
				exitCode: exitCodes.notFound,
				hint: 'Make a key with: ssh-keygen -t ed25519',
			});
		}

		throw unusable(file, 'cannot be read', 'Give a file such as ~/.ssh/id_ed25519.pub');
	}
}

function unusable(file: string, why: string, hint: string): GolemError {
	return new GolemError('KEY_UNUSABLE', `${file} ${why}.`, {exitCode: exitCodes.usage, hint});
}

export const {description, args, options} = definition;
export default definition;
