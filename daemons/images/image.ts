import {createHash} from 'node:crypto';
import {open, readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {GolemError} from '../../source/platform/golem-error.js';
import {hostArchitecture} from './architecture.js';
import {catalogue} from './catalogue.js';

/** Manifest of a built image. File names are relative to the image's folder. */
const imageSchema = z.object({
	name: z.string(),
	description: z.string(),
	/** Version of what it was built from and how; an image of another recipe has to be built again. */
	recipe: z.string(),
	arch: z.enum(['amd64', 'arm64']),
	kernelVersion: z.string(),
	builtAt: z.iso.datetime(),
	/** For QEMU's `-kernel`. */
	kernel: z.string(),
	/** `pvh`: the kernel decompressed, started at its PVH entry; `bzimage`: as the distribution ships it. */
	kernelFormat: z.enum(['pvh', 'bzimage']),
	/** For QEMU's `-initrd`. */
	initrd: z.string(),
	/** The base that each VM's disk is an overlay of; an overlay may be larger, the guest grows into it. */
	disk: z.object({file: z.string(), format: z.literal('qcow2'), sizeGb: z.int().positive()}),
	/** For QEMU's `-append`. */
	kernelArguments: z.string(),
	/** To add on an emulated processor only: they trade the guest's own defences for speed. */
	tcgKernelArguments: z.string(),
	sshUser: z.literal('ubuntu'),
	/** SHA-256 of each file, in hex. */
	files: z.record(z.string(), z.string()),
});

export type Image = z.infer<typeof imageSchema>;

/** An image on this host; `folder` is where its files are. */
export type InstalledImage = Image & {folder: string};

/** The file in a build's folder that describes it. */
export const manifestFile = 'image.json';

/** The file beside the builds of an image that says which is the current one, and its shape. */
export const currentFile = 'current.json';
const currentSchema = z.object({build: z.string().regex(/^[\w-]+$/)});

/**
Finds the current build of an image, or undefined if there is none that this program can use: none built, another
recipe or architecture, or files missing. Reads no more than the manifest; `verifyImage` looks into the files.
@param name as in the catalogue, no alias
*/
export async function findImage(imagesFolder: string, name: string): Promise<InstalledImage | undefined> {
	const image = await findCurrentBuild(imagesFolder, name);
	const isWanted = image && image.recipe === catalogue.get(name)?.recipe && image.arch === hostArchitecture();
	if (!isWanted) return undefined;

	const isComplete = await Promise.all(
		Object.keys(image.files).map(async file => isPresent(path.join(image.folder, file))),
	);
	return isComplete.every(Boolean) ? image : undefined;
}

/** Is there a build, but of the recipe of another version of this program? */
export async function isOfOtherRecipe(imagesFolder: string, name: string): Promise<boolean> {
	const image = await findCurrentBuild(imagesFolder, name);
	return image !== undefined && image.recipe !== catalogue.get(name)?.recipe;
}

async function findCurrentBuild(imagesFolder: string, name: string): Promise<InstalledImage | undefined> {
	const current =
		catalogue.has(name) && (await readJson(path.join(imagesFolder, name, currentFile), currentSchema));
	return current ? readImage(path.join(imagesFolder, name, current.build)) : undefined;
}

/** The build in that folder, whatever its recipe; undefined where there is none that can be read. */
export async function readImage(folder: string): Promise<InstalledImage | undefined> {
	const image = await readJson(path.join(folder, manifestFile), imageSchema);
	return image && {...image, folder};
}

/** Reads all files of an image; throws `IMAGE_DAMAGED` if one is not what was built. */
export async function verifyImage(image: InstalledImage): Promise<void> {
	for (const [file, expected] of Object.entries(image.files)) {
		const actual = await hashFile(path.join(image.folder, file)).catch(() => 'missing');
		if (actual === expected) continue;
		throw new GolemError(
			'IMAGE_DAMAGED',
			`The file ${file} of the image ${image.name} is missing or damaged`,
			{
				hint: 'Build the image again',
				details: {folder: image.folder, file},
			},
		);
	}
}

/** SHA-256 of a file in hex. */
export async function hashFile(file: string): Promise<string> {
	const handle = await open(file);
	const hash = createHash('sha256');
	for await (const chunk of handle.createReadStream()) hash.update(chunk);
	return hash.digest('hex');
}

// A manifest that is absent or not understood means the same: there is no image, and one can be built.
async function readJson<Schema extends z.ZodType>(
	file: string,
	schema: Schema,
): Promise<z.infer<Schema> | undefined> {
	try {
		return schema.parse(JSON.parse(await readFile(file, 'utf8')));
	} catch {
		return undefined;
	}
}

async function isPresent(file: string): Promise<boolean> {
	return stat(file).then(
		stats => stats.isFile() && stats.size > 0,
		() => false,
	);
}
