import {once} from 'node:events';
import fs from 'node:fs';
import net, {type AddressInfo} from 'node:net';

/* Listens on as many ports as the argument says, prints them, and stops still: two connections fill each port's backlog. */

const ports: number[] = [];
for (let index = 0; index < Number(process.argv[2]); index++) {
	const server = net.createServer().listen({port: 0, host: '127.0.0.1', backlog: 1});
	await once(server, 'listening');
	ports.push((server.address() as AddressInfo).port);
}

fs.writeSync(1, `${JSON.stringify(ports)}\n`);
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
