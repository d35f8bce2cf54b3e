import {contentHeaders, type HttpAnswer, type HttpRequest} from './http-message.js';
import {sendPlain} from './plain-request.js';
import {startDeadline} from './request-deadline.js';

/** A request as it is, and where it goes. */
export type RawRequest = HttpRequest & {
	/** What is on the other side, for messages. */
	name: string;
	hint?: string | undefined;
	/** Until the answer begins. */
	timeoutMs: number;
};

/** An answer as it is; whoever asked reads its body. */
export type RawAnswer = HttpAnswer;

/**
Sends a request and hands back what is answered, whatever it is.
@throws NOT_REACHABLE, or NET_001 where no answer begins in time
*/
export async function sendRaw({name, hint, timeoutMs, ...request}: RawRequest): Promise<RawAnswer> {
	const {signal, body, headers} = request;
	const deadline = startDeadline(timeoutMs, {name, hint, signal});
	try {
		const answer = await sendPlain({
			...request,
			headers: {...contentHeaders(body), ...headers},
			signal: deadline.signal,
		});
		deadline.lift();
		return answer;
	} catch (error) {
		deadline.clear();
		throw deadline.explain(error);
	}
}
