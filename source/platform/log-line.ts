/**
Turns one JSON line of a log into `12:04:31 info  message key=value …`; other text stays as it is. Whatever somebody
managed to have written down, it does not steer the reader's terminal.
*/
export function readableLogLine(line: string): string {
	return asText(line).replace(/(?!\t)[\p{C}\p{Zl}\p{Zp}]/gu, '\u{FFFD}');
}

function asText(line: string): string {
	let entry: unknown;
	try {
		entry = JSON.parse(line);
	} catch {
		return line.trimEnd();
	}

	if (typeof entry !== 'object' || entry === null || !('msg' in entry)) {
		return line.trimEnd();
	}

	const {time, level, msg, pid: _pid, name: _name, ...rest} = entry as Record<string, unknown>;
	const facts = Object.entries(rest).map(
		([key, value]) => `${key}=${typeof value === 'string' ? value : describe(value)}`,
	);
	return [String(time).slice(11, 19), String(level).padEnd(5), String(msg), ...facts].join(' ');
}

function describe(value: unknown): string {
	if (typeof value === 'object' && value !== null && 'message' in value && 'stack' in value) {
		return String(value.message);
	}

	return JSON.stringify(value);
}
