import {GolemError} from '../../../source/platform/golem-error.js';

/** What came of a request: its answer, or the code it was refused with. */
export type Outcome<Value> = {value: Value; code: undefined} | {value: undefined; code: string};

/** What was done in a round, what came of it, and what should not have. */
export type Journal = {
	note(line: string): void;
	/** Something is not as it has to be. */
	accuse(fault: string): void;
	/** Sends a request of an owner's; a code that is not allowed, and an answer that does not come, are accused. */
	attempt<Value>(
		what: string,
		allowed: readonly string[],
		run: (signal: AbortSignal) => Promise<Value>,
		describe?: (value: Value) => string,
	): Promise<Outcome<Value>>;
	/** From now on nobody has to reach the provider. */
	beginOutage(): void;
	endOutage(): void;
	lines(): string[];
	accusations(): string[];
};

/** Told by a provider, or of it, at any time. */
const alwaysAllowed = ['SRV_002'];

/** @param deadlineMs after which a request hangs */
export function createJournal(deadlineMs: number): Journal {
	const began = performance.now();
	const lines: string[] = [];
	const accusations: string[] = [];
	const outages: Array<{from: number; to: number}> = [];
	const note = (line: string) => {
		lines.push(`${String(Math.round(performance.now() - began)).padStart(6)} ms  ${line}`);
	};
	const accuse = (fault: string) => {
		note(`✗ ${fault}`);
		accusations.push(fault);
	};

	return {
		note,
		accuse,
		async attempt(what, allowed, run, describe = () => 'done') {
			const from = performance.now();
			note(`→ ${what}`);
			try {
				const value = await run(AbortSignal.timeout(deadlineMs));
				note(`← ${what}: ${describe(value)}`);
				return {value, code: undefined};
			} catch (error) {
				const code = error instanceof GolemError ? error.code : String(error);
				const story = `${what}: ${code} ${error instanceof Error ? error.message : ''}`;
				const isDown = outages.some(outage => outage.from <= performance.now() && outage.to >= from);
				if (allowed.includes(code) || alwaysAllowed.includes(code) || (code === 'NOT_REACHABLE' && isDown)) {
					note(`← ${story}`);
				} else {
					accuse(story);
				}

				return {value: undefined, code};
			}
		},
		beginOutage() {
			outages.push({from: performance.now(), to: Number.POSITIVE_INFINITY});
		},
		endOutage() {
			for (const outage of outages) {
				outage.to = Math.min(outage.to, performance.now());
			}
		},
		lines: () => lines,
		accusations: () => accusations,
	};
}
