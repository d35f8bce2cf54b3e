import * as z from 'zod';

/** From the least to the gravest. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof logLevels)[number];

const entrySchema = z.object({level: z.enum(logLevels)});

/** Is that line of a log so grave? What has no level, such as the trace of a crash, always is. */
export function passesLevel(line: string, least: LogLevel): boolean {
	const level = levelOf(line);
	return level === undefined || logLevels.indexOf(level) >= logLevels.indexOf(least);
}

function levelOf(line: string): LogLevel | undefined {
	try {
		return entrySchema.safeParse(JSON.parse(line)).data?.level;
	} catch {
		return undefined;
	}
}
