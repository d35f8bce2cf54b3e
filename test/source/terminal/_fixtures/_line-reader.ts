import readline from 'node:readline';

/* A child that reads lines as they are, without any mode of its own, until one is `end`. It says what it had. */
const had: string[] = [];
process.stdout.write('child is reading\n');
for await (const line of readline.createInterface({input: process.stdin, terminal: false})) {
	had.push(line);
	if (line.endsWith('end')) {
		break;
	}
}

process.stdout.write(`child had <${had.join('⏎')}>\n`);
process.exit(0);
