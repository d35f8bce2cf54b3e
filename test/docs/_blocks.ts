import {execFileSync} from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';

export const checkout = path.resolve(import.meta.dirname, '../..');

/** A fenced block of a document. */
export type Block = {
	/** Where it is: the document, and the section of it. */
	place: string;
	/** What the fence says that it is: `sh`, `json`, … */
	language: string;
	text: string;
};

/** What a person enters at once: one line, or several of which only the last one ends the command. */
export type Statement = {
	/** As it is written. */
	text: string;
	/** Without its comments. */
	command: string;
};

/** Every fenced block of the README and of the pages under docs, but for the generated ones on the APIs. */
export async function readBlocks(): Promise<Block[]> {
	const pages = (await fs.readdir(path.join(checkout, 'docs'))).filter(name => name.endsWith('.md')).sort();
	const documents = ['README.md', ...pages.map(name => `docs/${name}`)];
	const texts = await Promise.all(documents.map(file => fs.readFile(path.join(checkout, file), 'utf8')));
	return documents.flatMap((file, index) => blocksOf(file, texts[index] ?? ''));
}

function blocksOf(file: string, text: string): Block[] {
	const blocks: Block[] = [];
	let section = '';
	let open: {language: string; lines: string[]} | undefined;
	for (const line of text.split('\n')) {
		const [, fence] = /^\s*(?:```|~~~)(.*)$/.exec(line) ?? [];
		if (fence !== undefined && open) {
			blocks.push({place: `${file}: ${section}`, language: open.language, text: open.lines.join('\n')});
			open = undefined;
		} else if (fence !== undefined) {
			open = {language: fence.trim(), lines: []};
		} else if (open) {
			open.lines.push(line);
		} else {
			section = /^#+ (.*)$/.exec(line)?.[1] ?? section;
		}
	}

	if (open) {
		throw new Error(`A block of ${file} has no end: ${open.lines[0]}`);
	}

	return blocks;
}

/** The statements of all shell blocks, by their sections: what a reader enters one after the other. */
export function scriptsOf(blocks: readonly Block[]): Map<string, Statement[]> {
	const scripts = new Map<string, Statement[]>();
	for (const block of blocks.filter(({language}) => language === 'sh')) {
		scripts.set(block.place, [...(scripts.get(block.place) ?? []), ...statementsOf(block)]);
	}

	return scripts;
}

/** Bash itself says where a statement ends. */
function statementsOf({place, text}: Block): Statement[] {
	const statements: Statement[] = [];
	let pending: string[] = [];
	for (const line of text.split('\n')) {
		pending.push(line);
		const whole = pending.join('\n');
		if (!isComplete(whole)) {
			continue;
		}

		pending = [];
		const command = whole.replaceAll(/(?:^|\s+)#(?:\s.*)?$/gm, '').trim();
		if (command !== '') {
			statements.push({text: whole, command});
		}
	}

	if (pending.length > 0) {
		throw new Error(`Bash does not understand the block of ${place}: ${pending.join('\n')}`);
	}

	return statements;
}

function isComplete(text: string): boolean {
	if (text.endsWith('\\')) {
		return false;
	}

	try {
		execFileSync('bash', ['-n', '-c', text], {stdio: 'ignore'});
		return true;
	} catch {
		return false;
	}
}
