import * as z from 'zod';
import {openStore} from '../../../source/platform/store.js';

const store = await openStore({
	file: String(process.argv[2]),
	schema: z.object({number: z.number()}),
	durability: process.argv[3] === 'full' ? 'full' : 'normal',
});
for (let number = 0; number < 20; number++) {
	await store.set(`key-${number}`, {number});
}

process.stdout.write('written\n');
setTimeout(() => {}, 60_000);
