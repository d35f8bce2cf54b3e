import fs from 'node:fs';

/** So often a reader of changes is looked for while nothing changes. */
const readerLookMs = 1000;

/**
Notices that nobody reads any more (`golem --json --watch | head -1`) although nothing changes: only a write tells. What
is written is a blank, which JSON allows before the next line's document.
@returns what ends it
*/
export function lookForReader(): () => void {
	const {fd} = process.stdout;
	const output = fs.fstatSync(fd);
	if (!output.isFIFO() && !output.isSocket()) {
		return () => {};
	}

	const timer = setInterval(() => process.stdout.write(' '), readerLookMs);
	return () => clearInterval(timer);
}
