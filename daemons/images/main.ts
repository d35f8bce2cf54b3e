import {parseArgs} from 'node:util';
import {exitCodes, GolemError} from '../../source/platform/golem-error.js';
import {catalogue, resolveImageName} from './catalogue.js';
import {findImage, type InstalledImage} from './image.js';
import {type BuildProgress, buildMicro} from './micro.js';

/** An image that can be built here, and the build of it that there is. */
export type ListedImage = {
	name: string;
	description: string;
	aliases: readonly string[];
	installed: InstalledImage | null;
};

/** One line of this program's output; the last line is always `done`, `list` or `error`. */
export type ImageEvent =
	| ({type: 'progress'} & BuildProgress)
	/** `image` is null when `find` finds none. */
	| {type: 'done'; image: InstalledImage | null}
	| {type: 'list'; images: ListedImage[]}
	| {type: 'error'; error: {code: string; message: string; hint?: string | undefined}};

const abortion = new AbortController();
// However often it is asked to end, it first clears away what it has begun.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => abortion.abort());

try {
	print(await run(process.argv.slice(2)));
} catch (error) {
	const {code, message, hint, exitCode} = toGolemError(error);
	print({type: 'error', error: {code, message, hint}});
	process.exitCode = exitCode;
}

async function run(args: string[]): Promise<ImageEvent> {
	const {command, image, imagesFolder} = parseCommandLine(args);
	if (command === 'list') return {type: 'list', images: await listImages(imagesFolder)};
	if (command === 'find') return {type: 'done', image: (await findImage(imagesFolder, image)) ?? null};
	return {
		type: 'done',
		image: await buildMicro({
			imagesFolder,
			signal: abortion.signal,
			onProgress: progress => print({type: 'progress', ...progress}),
		}),
	};
}

async function listImages(imagesFolder: string): Promise<ListedImage[]> {
	return Promise.all(
		[...catalogue.values()].map(async ({name, description, aliases}) => ({
			name,
			description,
			aliases,
			installed: (await findImage(imagesFolder, name)) ?? null,
		})),
	);
}

function parseCommandLine(args: string[]) {
	const usage = (message: string, cause?: unknown) =>
		new GolemError('USAGE', message, {
			hint: 'Usage: main.js build|find IMAGE --images-folder FOLDER, or: main.js list --images-folder FOLDER',
			exitCode: exitCodes.usage,
			cause,
		});

	try {
		const {positionals, values} = parseArgs({
			args,
			allowPositionals: true,
			options: {'images-folder': {type: 'string'}},
		});
		const [command, name = ''] = positionals;
		const imagesFolder = values['images-folder'];
		if (command !== 'build' && command !== 'find' && command !== 'list') {
			throw usage('Say what to do: build, find or list');
		}

		if (imagesFolder === undefined) throw usage('Say where the images are: --images-folder');
		if (command === 'list') return {command, image: '', imagesFolder};
		const image = resolveImageName(name);
		if (image === undefined) throw usage(`There is no image named «${name}»`);
		return {command, image, imagesFolder};
	} catch (error) {
		throw error instanceof GolemError ? error : usage(String(error), error);
	}
}

function toGolemError(error: unknown): GolemError {
	return error instanceof GolemError
		? error
		: new GolemError('IMAGE_BUILD_FAILED', error instanceof Error ? error.message : String(error), {
				cause: error,
			});
}

function print(event: ImageEvent): void {
	process.stdout.write(`${JSON.stringify(event)}\n`);
}
