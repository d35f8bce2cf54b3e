import * as z from 'zod';
import type {DaemonStatus} from '../protocol/control.js';

/** Of a provider's own part of its status, what is shown beside its ports. One that is older or newer may lack some. */
const providerStatusSchema = z.object({
	version: z.string(),
	listening: z.string(),
	provider_id: z.string().optional().catch(undefined),
	public_ip: z.string().nullable().optional().catch(undefined),
	public_ip_source: z.string().optional().catch(undefined),
	offered: z.boolean().optional().catch(undefined),
	not_offered_because: z.array(z.string()).catch([]),
	vms: z.number().optional().catch(undefined),
	resources: z
		.object({available: z.object({cpu: z.number(), memory: z.number(), storage: z.number()})})
		.optional()
		.catch(undefined),
	advertising: z
		.array(z.object({url: z.string(), advertised_at: z.string().nullable(), error: z.string().nullable()}))
		.catch([]),
});
export type ProviderStatus = z.output<typeof providerStatusSchema>;

export function readProviderStatus(status: DaemonStatus): ProviderStatus {
	return providerStatusSchema.parse(status);
}
