/** The proxy as it is installed: in a bundle, where no loader's memory weighs on its own. */
export const proxyProgram = `
	import {openLog} from './source/platform/log.js';
	import {openSshProxy} from './daemons/exe-unit/ssh-proxy.js';
	const [port, guest, file] = process.argv.slice(2);
	const log = openLog({name: 'bench', file});
	const proxy = await openSshProxy({host: '127.0.0.1', port: Number(port), log});
	proxy.setTarget({host: '127.0.0.1', port: Number(guest)});
`;

/** Neither end copies what it sends or takes, so that the proxy between them is what is measured. */
export const bulkProgram = `
import os, socket, sys, time
def give(to, left):
    file = os.memfd_create('bulk'); os.ftruncate(file, 1 << 22)
    while left > 0: left -= os.sendfile(to.fileno(), file, 0, min(left, 1 << 22))
    to.shutdown(socket.SHUT_WR)
def take(of, buffer=bytearray(1 << 22)):
    while of.recv_into(buffer, 0, socket.MSG_TRUNC): pass
role, port, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if role == 'guest':
    server = socket.create_server(('127.0.0.1', port))
    while True:
        client, _ = server.accept()
        wanted = client.recv(1)
        if wanted == b'u': take(client)
        if wanted == b'd': give(client, size)
        client.close()
else:
    guest = socket.create_connection(('127.0.0.1', port)); start = time.monotonic()
    guest.send(b'u' if role == 'upload' else b'd')
    if role == 'upload': give(guest, size)
    take(guest); print(size / (time.monotonic() - start) / 1e9)
`;

export const echoProgram = `
	import net from 'node:net';
	net.createServer({noDelay: true}, s => s.on('error', () => {}).pipe(s)).listen(process.argv[1], '127.0.0.1');
`;

export function haproxyConfiguration(port: number, guestPort: number): string {
	return `
global
	nbthread 1
	maxconn 4000
defaults
	mode tcp
	timeout connect 5s
	timeout client 1h
	timeout server 1h
listen ssh
	bind 127.0.0.1:${port}
	server guest 127.0.0.1:${guestPort}
`;
}
