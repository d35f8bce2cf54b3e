import * as z from 'zod';
import {command} from '../../command-line/command.js';
import {exitCodes, GolemError} from '../../platform/golem-error.js';
import {vmNameSchema} from '../../protocol/vm.js';
import {findAccess} from '../../requestor/access.js';
import type {Rental} from '../../requestor/rentals.js';
import {type Requestor, withRequestor} from '../../requestor/requestor.js';
import {knownHostsFile, type SshTarget, writeKnownHosts} from '../../requestor/ssh.js';
import {includeLine, sshConfigBlock, sshTargetOf, writeSshConfig} from '../../requestor/ssh-config.js';

const definition = command({
	description: 'Print what ssh, scp, rsync and editors need to know of your VMs',
	args: z.tuple([vmNameSchema.optional().describe('NAME')]),
	options: z.object({
		write: z
			.boolean()
			.optional()
			.describe('Write it, for all VMs, to golem’s own file, and say how to include that in ~/.ssh/config'),
	}),
	documents: ['ssh-config'],
	examples: ['golem vm ssh-config my-vm', 'golem vm ssh-config --write'],
	async run(context, {args: [name], options}) {
		const {result, note, signal} = context;
		if (name !== undefined && options.write) {
			throw new GolemError('USAGE', '--write is for all VMs at once; NAME is too much.', {
				exitCode: exitCodes.usage,
				hint: 'Say: golem vm ssh-config --write',
			});
		}

		return withRequestor(context, async requestor => {
			const {targets, skipped} = await findTargets(requestor, name, signal);
			for (const {name: missing, message} of skipped) {
				note(`${missing} is left out: ${message}`);
			}

			const names = () => targets.map(target => target.name);
			if (options.write) {
				const file = await writeSshConfig(requestor, targets);
				const include = includeLine(file);
				result(
					{file, include, hosts: targets.map(describeHost), skipped},
					() =>
						`${file} knows ${names().join(', ') || 'no VM yet'}.\nPut this line at the top of ~/.ssh/config, once:\n\n${include}`,
					names,
				);
			} else {
				await Promise.all(targets.map(writeKnownHosts));
				const config = targets.map(sshConfigBlock).join('\n');
				result({config, hosts: targets.map(describeHost), skipped}, () => config.trimEnd(), names);
			}

			return exitCodes.done;
		});
	},
});

type Skipped = {name: string; code: string; message: string};

/** The VM that is named; or all that there is a way into. */
async function findTargets(
	requestor: Requestor,
	name: string | undefined,
	signal: AbortSignal,
): Promise<{targets: SshTarget[]; skipped: Skipped[]}> {
	const find = async (rental: Rental) =>
		sshTargetOf(requestor, rental, await findAccess(requestor, rental, signal));
	if (name !== undefined) {
		return {targets: [await find(await requestor.rental(name))], skipped: []};
	}

	const rentals = (await (await requestor.rentals()).entries()).map(([, rental]) => rental);
	const answers = await Promise.all(
		rentals.map(rental =>
			find(rental).catch((error: unknown): Skipped => {
				if (signal.aborted || !(error instanceof GolemError)) {
					throw error;
				}

				return {name: rental.name, code: error.code, message: error.message};
			}),
		),
	);
	return {
		targets: answers.flatMap(answer => ('access' in answer ? [answer] : [])),
		skipped: answers.flatMap(answer => ('access' in answer ? [] : [answer])),
	};
}

function describeHost({name, access, privateKeyFile, folder}: SshTarget) {
	return {
		name,
		host: access.ssh_host,
		port: access.ssh_port,
		user: access.ssh_user,
		identity_file: privateKeyFile,
		known_hosts_file: knownHostsFile(folder, name),
	};
}

export const {description, args, options} = definition;
export default definition;
