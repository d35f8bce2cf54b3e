import {spawn} from 'node:child_process';
import {once} from 'node:events';
import type {ExecutionContext} from 'ava';
import {golemPaths} from '../../../source/platform/paths.js';
import {killProcess} from '../../../source/platform/process.js';
import {versionHeader} from '../../../source/protocol/control.js';

const program = `
	const fs = require('node:fs');
	const http = require('node:http');
	const [, run, socket, lock, answers] = process.argv;
	fs.mkdirSync(run, {recursive: true});
	fs.writeFileSync(lock + '.pid', process.pid + '\\n');
	http.createServer((request, response) => {
		if (answers !== 'yes') return;
		response.setHeader('${versionHeader}', '0.0.9');
		if (request.method !== 'POST') return response.end('{"pid":"many"}');
		response.on('finish', () => process.exit()).end(JSON.stringify({pid: process.pid}));
	}).listen(socket, () => console.log('up'));
`;

/**
Stands in for a discovery whose status nobody can read here: one of another version, which understands only that it is to
end, or one that hangs and answers nothing. Nothing but its name, its socket and the file beside its lock is as a daemon's.
*/
export async function foreignDiscovery(
	t: ExecutionContext,
	home: string,
	{
		hangs = false,
		userId,
		environment = {},
	}: {hangs?: boolean; userId?: number | undefined; environment?: Record<string, string>} = {},
): Promise<number> {
	const paths = golemPaths(home);
	const child = spawn(
		process.execPath,
		[
			'-e',
			program,
			paths.run,
			paths.daemonSocket('discovery'),
			paths.daemonLock('discovery'),
			hangs ? 'no' : 'yes',
			'daemons/discovery/main.js',
		],
		{
			stdio: ['ignore', 'pipe', 'inherit'],
			env: environment,
			...(userId === undefined ? {} : {uid: userId, gid: userId}),
		},
	);
	const pid = child.pid ?? 0;
	t.teardown(() => killProcess(pid));
	await once(child.stdout, 'data');
	return pid;
}
