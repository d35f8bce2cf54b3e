import * as z from 'zod';

/** A moment in UTC, ISO 8601 with `Z`. */
export const timestampSchema = z.iso.datetime({
	message: 'must be a time in UTC such as 2025-02-20T15:00:00Z',
});
