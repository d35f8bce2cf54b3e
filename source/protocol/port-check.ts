import * as z from 'zod';

/** Every reason a port can be unreachable for; nothing else of what the network said is passed on. */
export const portErrors = [
	'Connection refused',
	'Connection timed out',
	'Host unreachable',
	'Network unreachable',
	'Wrong answer',
] as const;
export type PortError = (typeof portErrors)[number];

export const maximumPortsPerCheck = 1024;

/** The body of `POST /check-ports`. */
export const portCheckBodySchema = z.object({
	provider_ip: z.union([z.ipv4(), z.ipv6()], 'must be an IPv4 or IPv6 address'),
	ports: z
		.array(z.number().int().min(1).max(65_535))
		.min(1, 'must name at least one port')
		.max(maximumPortsPerCheck, `must name at most ${maximumPortsPerCheck} ports`),
});
export type PortCheckBody = z.infer<typeof portCheckBodySchema>;

/** The answer: each port, as text, with what was found. */
export const portCheckResultSchema = z.looseObject({
	success: z.boolean(),
	results: z.record(
		z.string(),
		z.looseObject({accessible: z.boolean(), error: z.enum(portErrors).nullable()}),
	),
	message: z.string(),
});
export type PortCheckResult = z.infer<typeof portCheckResultSchema>;
