import {microDescription, microName, microRecipe} from './micro-recipe.js';

/** An image that this program knows how to build. */
export type CatalogueEntry = {
	name: string;
	description: string;
	/** Other names it may be asked for by. */
	aliases: readonly string[];
	/** Version of what it is built from and how. */
	recipe: string;
};

const entries: readonly CatalogueEntry[] = [
	{name: microName, description: microDescription, aliases: ['golem-micro'], recipe: microRecipe},
];

/** All images, by their names. */
export const catalogue: ReadonlyMap<string, CatalogueEntry> = new Map(
	entries.map(entry => [entry.name, entry]),
);

/** The catalogue's name of what a user calls an image, or undefined if there is no such image. */
export function resolveImageName(name: string): string | undefined {
	return entries.find(entry => entry.name === name || entry.aliases.includes(name))?.name;
}
