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

/*
Proof. A provider gives each port checker a challenge of its own. Whoever listens on a port for the provider answers it
with the HMAC-SHA256 of `challenge:port`, under a key that only the provider has; the checker hands the answer on, and
the provider sees whether its own port was reached, by that checker.

On a port of the range the listener speaks first, so that a checker never says anything to a stranger's program:

	listener   golem-port-check-v1\n
	checker    <challenge>\n
	listener   <proof, 64 hex digits>\n

The provider's API, which the check names as `api_port`, answers `GET /api/v1/port-check?challenge=<challenge>` with
`{"proof": "<64 hex digits>"}`. A port that carries a VM greets with `SSH-`, and that is all that is asked of it.
*/

export const portCheckGreeting = 'golem-port-check-v1';
export const portCheckPath = '/api/v1/port-check';

/** What a checker gives a listener to answer: 16 to 64 bytes as hex. */
export const portChallengeSchema = z
	.string()
	.regex(/^(?:[0-9a-f]{2}){16,64}$/, 'must be 16 to 64 bytes as lower-case hex');
export const portProofSchema = z.string().regex(/^[0-9a-f]{64}$/);

/** The body of `GET /api/v1/port-check`. */
export const portProofBodySchema = z.looseObject({proof: portProofSchema});

const portSchema = z.number().int().min(1).max(65_535);

/** The body of `POST /check-ports`. */
export const portCheckBodySchema = z.object({
	provider_ip: z.union([z.ipv4(), z.ipv6()], 'must be an IPv4 or IPv6 address'),
	ports: z
		.array(portSchema)
		.min(1, 'must name at least one port')
		.max(maximumPortsPerCheck, `must name at most ${maximumPortsPerCheck} ports`),
	/** Then a port counts only if what listens there answers it, or is an SSH server. */
	challenge: portChallengeSchema.optional(),
	/** Which of the ports is the provider's API, and is to be asked by HTTP. */
	api_port: portSchema.optional(),
});
export type PortCheckBody = z.infer<typeof portCheckBodySchema>;

/** What was found of one port. */
export const portFindingSchema = z.looseObject({
	accessible: z.boolean(),
	error: z.enum(portErrors).nullable(),
	/** With a challenge only: did what listens there answer as one of golem's, or as an SSH server? */
	verified: z.boolean().optional(),
	/** The answer to the challenge, for the provider to judge; null where an SSH server greeted. */
	proof: portProofSchema.nullable().optional(),
});
export type PortFinding = z.infer<typeof portFindingSchema>;

/** The answer: each port, as text, with what was found. */
export const portCheckResultSchema = z.looseObject({
	success: z.boolean(),
	results: z.record(z.string(), portFindingSchema),
	message: z.string(),
});
export type PortCheckResult = z.infer<typeof portCheckResultSchema>;
