import * as z from 'zod';
import {openStore, type Store} from '../platform/store.js';
import {resourcesSchema} from '../protocol/resources.js';
import {timestampSchema} from '../protocol/time.js';
import {vmAccessSchema} from '../protocol/vm.js';

/** What this requestor knows of a VM it rents, written before the provider is first asked for it. */
export const rentalSchema = z.object({
	name: z.string(),
	provider: z.object({id: z.string(), host: z.string(), port: z.number().int()}),
	resources: resourcesSchema,
	image: z.string().nullable(),
	/** Sent with the request for creation: asking again cannot make a second VM. */
	idempotency_key: z.string(),
	/** Null until the provider has said yes. */
	vm_id: z.string().nullable(),
	job_id: z.string().nullable(),
	/** Null until the VM could be reached for the first time. */
	access: vmAccessSchema.nullable(),
	created_at: timestampSchema,
});
export type Rental = z.infer<typeof rentalSchema>;
export type Rentals = Store<Rental>;

/** By the VM's name, which is one requestor's own. */
export function openRentals(file: string): Promise<Rentals> {
	return openStore({file, schema: rentalSchema, durability: 'full'});
}
