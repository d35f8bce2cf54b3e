import {exitCodes, GolemError} from '../platform/golem-error.js';

/** Options without a value that change nothing about whom we talk to, nor run anything here. */
const plainLetters = new Set([...'46ACNTfgntv']);
/** Options with a value of the same kind. */
const valueLetters = new Set([...'DLRWeo']);

/** What `-o` may set, by the same measure. */
const settableKeys = [
	'AddressFamily',
	'BatchMode',
	'BindAddress',
	'ClearAllForwardings',
	'Compression',
	'ConnectionAttempts',
	'ConnectTimeout',
	'DynamicForward',
	'EscapeChar',
	'ExitOnForwardFailure',
	'ForkAfterAuthentication',
	'GatewayPorts',
	'IPQoS',
	'LocalForward',
	'LogLevel',
	'RekeyLimit',
	'RemoteForward',
	'RequestTTY',
	'SendEnv',
	'ServerAliveCountMax',
	'ServerAliveInterval',
	'SessionType',
	'SetEnv',
	'StdinNull',
	'StreamLocalBindMask',
	'StreamLocalBindUnlink',
	'TCPKeepAlive',
] as const;

const allowed =
	'It takes -4 -6 -A -C -D -e -f -g -L -N -n -R -T -t -v -W, and -o with what is harmless; where the VM is, which key opens it and how it is known is golem’s to say.';

/**
Takes OpenSSH's options out of a command line: those of a known list, each with its value, as OpenSSH itself would read
them (`-L 8080:localhost:80`, `-L8080:localhost:80`, `-Nf`).
@param words without what stands after `--`
@returns the options, and the other words; long flags (`--json`) are among these
@throws USAGE for one that is not on the list, lacks its value, or stands behind the beginning of a command
*/
export function readSshOptions(
	words: readonly string[],
	environment: NodeJS.ProcessEnv = process.env,
): {foreign: string[]; rest: string[]} {
	const rest: string[] = [];
	const options: string[] = [];
	let index = 0;
	const take = () => words[index++];
	for (let word = take(); word !== undefined; word = take()) {
		if (!/^-[^-]/.test(word)) {
			rest.push(word);
			continue;
		}

		if (rest.filter(other => !other.startsWith('-')).length > 1) {
			throw usage(
				`«${word}» could be meant for OpenSSH or for the command.`,
				'Put -- before the command: golem vm ssh NAME [options] -- command…',
			);
		}

		for (let letters = word.slice(1); letters !== ''; ) {
			const letter = letters.charAt(0);
			letters = letters.slice(1);
			if (plainLetters.has(letter)) {
				if (letter === 'A') {
					mustHaveAgent(environment);
				}

				options.push(`-${letter}`);
			} else if (valueLetters.has(letter)) {
				const value = letters === '' ? take() : letters;
				letters = '';
				options.push(`-${letter}`, letter === 'o' ? readSetting(value) : readValue(letter, value));
			} else {
				throw usage(`-${letter} cannot be passed to OpenSSH here.`, allowed);
			}
		}
	}

	return {foreign: options, rest};
}

/** OpenSSH itself says nothing where there is none to lend. */
function mustHaveAgent({SSH_AUTH_SOCK: socket}: NodeJS.ProcessEnv): void {
	if (!socket) {
		throw usage(
			'-A needs an SSH agent, and SSH_AUTH_SOCK names none.',
			'Start one with: eval "$(ssh-agent)"',
		);
	}
}

function readValue(letter: string, value: string | undefined): string {
	if (value === undefined || value === '' || value.startsWith('-') || /\p{Cc}/u.test(value)) {
		throw usage(`-${letter} needs a value, such as ${exampleOf(letter)}.`, allowed);
	}

	return value;
}

function exampleOf(letter: string): string {
	const examples: Record<string, string> = {
		D: '-D 1080',
		L: '-L 8080:localhost:80',
		R: '-R 9000:localhost:3000',
		W: '-W localhost:80',
		e: '-e none',
	};
	return examples[letter] ?? '-o LogLevel=VERBOSE';
}

/** `Key=value` or `Key value`, written anew, so that what was checked is what OpenSSH reads. */
function readSetting(text: string | undefined): string {
	const [, typed = '', value = ''] =
		/^\s*([a-z0-9]+)(?:\s*=\s*|\s+)(\S.*)$/i.exec(readValue('o', text)) ?? [];
	const key = settableKeys.find(candidate => candidate.toLowerCase() === typed.toLowerCase());
	if (typed === '') {
		throw usage(`-o takes Key=value, such as ${exampleOf('o')}; it was «${text}».`, allowed);
	}

	if (key === undefined) {
		throw usage(
			`-o ${typed} cannot be set here: it could run a program on this machine, or have another machine taken for the VM.`,
			`What can be set: ${settableKeys.join(', ')}.`,
		);
	}

	return `${key}=${value}`;
}

function usage(message: string, hint: string): GolemError {
	return new GolemError('USAGE', message, {exitCode: exitCodes.usage, hint});
}
