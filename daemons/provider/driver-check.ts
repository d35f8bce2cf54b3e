import {exitCodes, GolemError} from '../../source/platform/golem-error.js';
import {runProgram} from '../../source/platform/process.js';
import {qemuProgram} from '../../source/platform/qemu-program.js';
import {catalogue} from '../images/catalogue.js';
import {findImage, type InstalledImage, isOfOtherRecipe} from '../images/image.js';

/**
Finds out whether this machine can run VMs at all.
@throws DRIVER_MISSING where QEMU does not run, IMAGE_MISSING where there is nothing to start
*/
export async function checkDriver({
	qemuBinary,
	imagesFolder,
}: {
	qemuBinary: string;
	imagesFolder: string;
}): Promise<{images: InstalledImage[]}> {
	const binary = qemuBinary || qemuProgram;
	for (const program of [binary, 'qemu-img']) {
		await runProgram(program, ['--version'], {timeoutMs: 10_000}).catch((error: unknown) => {
			throw new GolemError(
				'DRIVER_MISSING',
				`This machine cannot run VMs: ${program} was not found or does not run.`,
				{
					exitCode: exitCodes.failed,
					hint: 'Install what is missing with: golem setup',
					cause: error,
				},
			);
		});
	}

	const images = await findImages(imagesFolder);
	if (images.length === 0) {
		const outdated = await Promise.all(
			[...catalogue.keys()].map(name => isOfOtherRecipe(imagesFolder, name)),
		);
		throw outdated.some(Boolean)
			? new GolemError(
					'IMAGE_MISSING',
					`The guest image in ${imagesFolder} is of another version of golem.`,
					{
						hint: 'Build it anew with: golem setup — VMs that there are keep theirs',
					},
				)
			: new GolemError('IMAGE_MISSING', `There is no guest image in ${imagesFolder}.`, {
					hint: 'Build one with: golem setup',
				});
	}

	return {images};
}

/** Every image of the catalogue that is on this machine. */
export async function findImages(imagesFolder: string): Promise<InstalledImage[]> {
	const found = await Promise.all([...catalogue.keys()].map(name => findImage(imagesFolder, name)));
	return found.filter(image => image !== undefined);
}
