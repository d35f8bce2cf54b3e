import type http from 'node:http';

/** Where an HTTP API is: `http://host:port`, or the path of a unix socket. */
export type HttpTarget = {url: string} | {socket: string};

/** A request as it is, and where it goes. */
export type HttpRequest<Target extends HttpTarget = HttpTarget> = {
	target: Target;
	method: string;
	path: string;
	headers: Record<string, string>;
	/** Sent as it is; empty where there is none. */
	body: string;
	/** Ends the request, and after it the answer. */
	signal: AbortSignal;
};

/** An answer as it is; whoever asked reads its body. */
export type HttpAnswer = {
	status: number;
	headers: http.IncomingHttpHeaders;
	body: AsyncIterable<Buffer>;
};

/** What every request says of its body. */
export function contentHeaders(body: string): Record<string, string> {
	return body === '' ? {} : {'content-type': 'application/json'};
}

/** What is on the other side, at the beginning of a sentence. */
export function asSubject(name: string): string {
	return name.charAt(0).toUpperCase() + name.slice(1);
}
