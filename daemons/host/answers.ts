import {once} from 'node:events';
import type http from 'node:http';
import {ApiError, type ErrorBody} from '../../source/protocol/error-codes.js';
import type {ApiAnswer} from './router.js';

const json = 'application/json; charset=utf-8';

/** Sends what a handler answered; a stream goes on after `onHead`. */
export async function sendAnswer(
	response: http.ServerResponse,
	answer: ApiAnswer,
	{signal, onHead}: {signal: AbortSignal; onHead: (status: number) => void},
): Promise<void> {
	const status = answer.status ?? 200;
	setHeaders(response, answer.headers);
	if (answer.stream) {
		response.writeHead(status, {'Content-Type': answer.stream.contentType, 'Cache-Control': 'no-store'});
		response.flushHeaders();
		onHead(status);
		await pump(response, answer.stream.chunks, signal);
		return;
	}

	// What has no content says nothing of its type and length either.
	if (status === 304) {
		response.writeHead(status).end();
		onHead(status);
		return;
	}

	const body = Buffer.from(answer.text?.content ?? JSON.stringify(answer.body ?? {}));
	response.writeHead(status, {
		'Content-Type': answer.text?.contentType ?? json,
		'Content-Length': body.length,
	});
	// Also where the caller has gone in the meantime, so that what was begun comes to its end.
	if (answer.afterwards && response.destroyed) {
		answer.afterwards();
	} else if (answer.afterwards) {
		response.once('close', answer.afterwards);
	}

	response.end(body);
	onHead(status);
}

/** Sends an error: those of the contract as they are, any other as a fault of ours, of which only the id is told. */
export function sendError(
	response: http.ServerResponse,
	error: unknown,
	id: string,
): {status: number; code: string} {
	const known = error instanceof ApiError ? error : undefined;
	const status = known?.status ?? 500;
	const body: ErrorBody = {
		code: known?.code ?? 'SRV_001',
		message: known?.message ?? 'Something went wrong on this side; the log has more under the id in details.',
		timestamp: new Date().toISOString(),
		details: known ? {...known.details, ...(known.hint === undefined ? {} : {hint: known.hint})} : {id},
	};
	const content = Buffer.from(JSON.stringify(body));
	response.writeHead(status, {
		'Content-Type': json,
		'Content-Length': content.length,
		...known?.headers,
		// A body that was not read to its end must not be taken for the next request.
		...(known?.code === 'REQ_002' ? {Connection: 'close'} : {}),
	});
	response.end(content);
	return {status, code: body.code};
}

export function setHeaders(
	response: http.ServerResponse,
	headers: Readonly<Record<string, string>> = {},
): void {
	for (const [name, value] of Object.entries(headers)) {
		response.setHeader(name, value);
	}
}

/** Writes no faster than the caller reads, and stops asking for more when they are gone. */
async function pump(
	response: http.ServerResponse,
	chunks: AsyncIterable<string>,
	signal: AbortSignal,
): Promise<void> {
	for await (const chunk of chunks) {
		if (signal.aborted || response.destroyed) {
			break;
		}

		if (!response.write(chunk)) {
			// A caller that goes away aborts the signal.
			await once(response, 'drain', {signal}).catch(() => {});
		}
	}

	response.end();
}
