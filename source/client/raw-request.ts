import {contentHeaders, type HttpAnswer, type HttpRequest} from './http-message.js';
import {sendPlain} from './plain-request.js';
import {type RequestDeadline, startDeadline} from './request-deadline.js';

/** A request as it is, and where it goes. */
export type RawRequest = HttpRequest & {
	/** What is on the other side, for messages. */
	name: string;
	hint?: string | undefined;
	/** For all of the answer. */
	timeoutMs: number;
	/** Does it come for as long as somebody listens? Then only its beginning has to come in that time. */
	isEndless: (answer: HttpAnswer) => boolean;
};

/** An answer as it is; whoever asked reads its body. */
export type RawAnswer = HttpAnswer;

/**
Sends a request and hands back what is answered, whatever it is.
@throws NOT_REACHABLE, or NET_001 where it does not come in time; its body does so too
*/
export async function sendRaw({
	name,
	hint,
	timeoutMs,
	isEndless,
	...request
}: RawRequest): Promise<RawAnswer> {
	const {signal, body, headers} = request;
	const deadline = startDeadline(timeoutMs, {name, hint, signal});
	try {
		const answer = await sendPlain({
			...request,
			headers: {...contentHeaders(body), ...headers},
			signal: deadline.signal,
		});
		if (isEndless(answer)) {
			deadline.lift();
		}

		return {...answer, body: readInTime(answer, deadline)};
	} catch (error) {
		deadline.clear();
		throw deadline.explain(error);
	}
}

async function* readInTime({body}: HttpAnswer, deadline: RequestDeadline): AsyncGenerator<Buffer> {
	try {
		yield* body;
	} catch (error) {
		throw deadline.explain(error);
	} finally {
		deadline.clear();
	}
}
