import * as z from 'zod';
import {command} from '../command-line/command.js';
import {textTable} from '../command-line/text-table.js';
import {exitCodes} from '../platform/golem-error.js';
import {localTime} from '../platform/local-time.js';
import {type ListedImage, listImages} from '../setup/image.js';

const definition = command({
	description: 'List the guest images: which can be built, and which are there',
	args: z.tuple([]),
	options: z.object({}),
	documents: ['images'],
	examples: ['golem images', 'golem images --json'],
	async run({paths, result, note, isJson, isQuiet, signal}) {
		const images = (await listImages(paths.images, signal)).map(describe);
		result(
			images,
			() =>
				textTable(
					['IMAGE', 'STATE', 'KERNEL', 'DISK', 'BUILT', 'DESCRIPTION'],
					images.map(({name, installed, kernel_version, disk_gb, built_at, description: text}) => [
						name,
						installed ? 'installed' : 'not built',
						kernel_version ?? '-',
						disk_gb === null ? '-' : `${disk_gb} GB`,
						built_at === null ? '-' : localTime(built_at),
						text,
					]),
				),
			() => images.filter(({installed}) => installed).map(({name}) => name),
		);
		if (!isJson && !isQuiet && images.some(({installed}) => !installed)) {
			note('Build what is missing with: golem setup');
		}

		return exitCodes.done;
	},
});

function describe({name, description: text, aliases, installed}: ListedImage) {
	return {
		name,
		description: text,
		aliases,
		installed: installed !== null,
		folder: installed?.folder ?? null,
		architecture: installed?.arch ?? null,
		kernel_version: installed?.kernelVersion ?? null,
		disk_gb: installed?.disk.sizeGb ?? null,
		built_at: installed?.builtAt ?? null,
	};
}

export const {description, args, options} = definition;
export default definition;
