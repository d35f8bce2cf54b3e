import * as z from 'zod';

/** What a provider's machine can be short of. */
export const loadKinds = ['cpu', 'memory', 'storage'] as const;
export const loadKindSchema = z.enum(loadKinds);
export type LoadKind = z.infer<typeof loadKindSchema>;

/** Percent in use. */
export type HostLoad = Record<LoadKind, number>;
