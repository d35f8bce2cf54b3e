import {type Runtime, tell} from '../runtime.js';

const underWay = new WeakMap<Runtime, Set<string>>();

/**
Carries out what a second key press must not begin beside the first, which may show nothing of itself yet.
@param remark what somebody is told who asks for it meanwhile; it also says what is the same
*/
export async function oneAtATime(runtime: Runtime, remark: string, run: () => Promise<void>): Promise<void> {
	const known = underWay.get(runtime) ?? new Set();
	underWay.set(runtime, known);
	if (known.has(remark)) {
		tell(runtime, remark);
		return;
	}

	known.add(remark);
	try {
		await run();
	} finally {
		known.delete(remark);
	}
}
