import {execa} from 'execa';
import * as z from 'zod';
import {GolemError} from '../platform/golem-error.js';
import {processEntry} from '../platform/program.js';

const imageSchema = z.looseObject({name: z.string(), folder: z.string()});

/** An image this program can build, and the build of it that is on this machine. */
const listedImageSchema = z.looseObject({
	name: z.string(),
	description: z.string(),
	aliases: z.array(z.string()),
	installed: imageSchema
		.extend({
			arch: z.string(),
			kernelVersion: z.string(),
			builtAt: z.string(),
			disk: z.looseObject({sizeGb: z.number()}),
		})
		.nullable(),
});
export type ListedImage = z.infer<typeof listedImageSchema>;

/** What the image builder prints, one JSON document a line. */
const messageSchema = z.discriminatedUnion('type', [
	z.object({type: z.literal('progress'), stage: z.string(), message: z.string(), fraction: z.number()}),
	z.object({type: z.literal('done'), image: imageSchema.nullable()}),
	z.object({type: z.literal('list'), images: z.array(listedImageSchema)}),
	z.object({
		type: z.literal('error'),
		error: z.object({code: z.string(), message: z.string(), hint: z.string().nullish()}),
	}),
]);

export type ImageProgress = {message: string; fraction: number};

/** The folder of an image on this machine, or undefined where it has to be built. */
export async function findImage(name: string, imagesFolder: string): Promise<string | undefined> {
	const answer = await runImageBuilder(['find', name], imagesFolder, {});
	return answer.type === 'done' ? answer.image?.folder : undefined;
}

/** Every image this program knows. */
export async function listImages(imagesFolder: string, signal?: AbortSignal): Promise<ListedImage[]> {
	const answer = await runImageBuilder(['list'], imagesFolder, signal ? {signal} : {});
	return answer.type === 'list' ? answer.images : [];
}

/** Builds an image; it takes some seconds. */
export async function buildImage(
	name: string,
	imagesFolder: string,
	options: {onProgress?: (progress: ImageProgress) => void; signal?: AbortSignal},
): Promise<void> {
	await runImageBuilder(['build', name], imagesFolder, options);
}

async function runImageBuilder(
	words: readonly string[],
	imagesFolder: string,
	{onProgress, signal}: {onProgress?: (progress: ImageProgress) => void; signal?: AbortSignal},
): Promise<z.infer<typeof messageSchema>> {
	const builder = execa({
		node: true,
		reject: false,
		stdin: 'ignore',
		...(signal ? {cancelSignal: signal} : {}),
	})(processEntry('images'), [...words, '--images-folder', imagesFolder]);
	let last: z.infer<typeof messageSchema> | undefined;
	for await (const line of builder) {
		last = messageSchema.parse(JSON.parse(line));
		if (last.type === 'progress') {
			onProgress?.(last);
		}
	}

	const {stderr} = await builder;
	signal?.throwIfAborted();
	if (last?.type === 'done' || last?.type === 'list') {
		return last;
	}

	throw last?.type === 'error'
		? new GolemError(last.error.code, last.error.message, {hint: last.error.hint ?? undefined})
		: new GolemError('IMAGE_BUILD_FAILED', `The image builder ended without a word. ${stderr}`);
}
