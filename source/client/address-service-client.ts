import * as z from 'zod';
import {createHttpClient} from './http-client.js';

const timeoutMs = 5000;
const answerSchema = z.union([z.ipv4(), z.ipv6()]);

/** Asks one of the public services that answer with the caller's address and nothing else. */
export async function askAddressService(url: string, signal?: AbortSignal): Promise<string | undefined> {
	const client = createHttpClient({target: {url}, name: `the address service at ${url}`});
	return answerSchema.safeParse((await client.text('', {timeoutMs, signal})).trim()).data;
}
