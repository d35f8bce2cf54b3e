import type http from 'node:http';
import type {Duplex} from 'node:stream';

/** The requests that are under way. */
export type OpenRequests = {
	/** @returns a signal that is aborted when the caller goes, the answer is out, or the server ends */
	begin(socket: Duplex, response: http.ServerResponse): AbortSignal;
	/** Is part of an answer on its way over that connection? */
	isAnswering(socket: Duplex): boolean;
};

/** Follows the requests of a server until their end, or its own. */
export function createOpenRequests(server: http.Server, ending: AbortSignal): OpenRequests {
	const connections = new Map<Duplex, Map<http.ServerResponse, AbortController>>();
	// A pipelined answer that waits for its turn never learns that its connection has closed; this tells it.
	server.on('connection', (socket: Duplex) => {
		const requests = new Map<http.ServerResponse, AbortController>();
		connections.set(socket, requests);
		socket.once('close', () => {
			connections.delete(socket);
			for (const controller of requests.values()) {
				controller.abort(new Error('the caller went away'));
			}
		});
	});
	ending.addEventListener('abort', () => {
		for (const requests of connections.values()) {
			for (const controller of requests.values()) {
				controller.abort(ending.reason);
			}
		}
	});

	return {
		begin(socket, response) {
			const controller = new AbortController();
			const requests = connections.get(socket);
			requests?.set(response, controller);
			response.once('close', () => {
				requests?.delete(response);
				controller.abort(new Error('the caller went away'));
			});
			if (ending.aborted || !requests) {
				controller.abort(ending.reason);
			}

			return controller.signal;
		},
		isAnswering: socket => [...(connections.get(socket)?.keys() ?? [])].some(({headersSent}) => headersSent),
	};
}
