import * as z from 'zod';
import {command} from '../../command-line/command.js';
import {vmNameSchema} from '../../protocol/vm.js';
import {findAccess} from '../../requestor/access.js';
import {createRequestor} from '../../requestor/requestor.js';
import {connectBySsh} from '../../requestor/ssh.js';
import {readSshOptions} from '../../requestor/ssh-options.js';

const definition = command({
	description: 'Open a shell in a VM, or run a command there; options of OpenSSH such as -L and -N go along',
	args: z.tuple([vmNameSchema.describe('NAME')]).rest(z.string().describe('command')),
	options: z.object({}),
	documents: [],
	examples: [
		'golem vm ssh my-vm',
		'golem vm ssh my-vm -- uname -a',
		'golem vm ssh my-vm -N -L 8080:localhost:80',
	],
	takeForeign: words => readSshOptions(words),
	async run({paths, sources, note, signal}, {args: [name, ...words], foreign}) {
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
		const status = await connectBySsh(target, words, foreign);
		if (status === 255) {
			note(`See how the VM is with: golem vm info ${name}`);
		}

		return status;
	},
});

export const {description, args, options} = definition;
export default definition;
