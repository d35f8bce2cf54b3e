import * as z from 'zod';

/** A whole number of something, with the same message everywhere. */
const amount = (unit: string, maximum: number) =>
	z
		.number(`must be a whole number of ${unit}`)
		.int(`must be a whole number of ${unit}`)
		.min(1, `must be at least 1 ${unit}`)
		.max(maximum, `must be at most ${maximum} ${unit}`);

/** Computing power: CPU cores, memory in GB, storage in GB. */
export const resourcesSchema = z.object({
	cpu: amount('core', 4096),
	memory: amount('GB', 65_536),
	storage: amount('GB', 1_048_576),
});
export type Resources = z.infer<typeof resourcesSchema>;

/** What is left may be nothing. */
export const freeResourcesSchema = z.object({
	cpu: z.number().int().min(0),
	memory: z.number().int().min(0),
	storage: z.number().int().min(0),
});

/** The sizes that have a name. */
export const vmSizes = {
	small: {cpu: 1, memory: 1, storage: 10},
	medium: {cpu: 2, memory: 4, storage: 20},
	large: {cpu: 4, memory: 8, storage: 40},
	xlarge: {cpu: 8, memory: 16, storage: 80},
} as const satisfies Record<string, Resources>;

export const vmSizeSchema = z.enum(['small', 'medium', 'large', 'xlarge']);

const kinds = ['cpu', 'memory', 'storage'] as const;

export function addResources(first: Resources, second: Resources): Resources {
	return combine(kind => first[kind] + second[kind]);
}

export function subtractResources(from: Resources, amounts: Resources): Resources {
	return combine(kind => from[kind] - amounts[kind]);
}

/** Is there at least that much of everything? */
export function covers(available: Resources, wanted: Resources): boolean {
	return kinds.every(kind => available[kind] >= wanted[kind]);
}

export const noResources: Resources = {cpu: 0, memory: 0, storage: 0};

function combine(amountOf: (kind: (typeof kinds)[number]) => number): Resources {
	return {cpu: amountOf('cpu'), memory: amountOf('memory'), storage: amountOf('storage')};
}
