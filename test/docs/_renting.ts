import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import {execa} from 'execa';
import {offered} from '../support/network.js';
import {canListen, freePort} from '../support/ports.js';
import type {Line, Script} from './_script.js';
import {rentedVm} from './_world.js';

/* The blocks of somebody who rents. */

const guestPrompt = (name: string) => `ubuntu@${name}:~$`;
const visit = (name: string): Pick<Line, 'replies'> => ({
	replies: [
		[guestPrompt(name), 'hostname\r'],
		[new RegExp(`^${name}$`, 'm'), 'exit\r'],
	],
});
/** The first answer keeps it. */
const yesDestroyIt: Pick<Line, 'replies'> = {replies: [['Yes, destroy it', '2\r']]};

let forwardedPort = 0;
async function leaveOnceForwarded(): Promise<string> {
	assert.equal(await canListen(forwardedPort), false, 'ssh listens there');
	return 'exit\r';
}

export const rentingScripts: readonly Script[] = [
	{
		place: 'docs/renting.md: Renting a VM',
		lines: [
			{command: 'golem vm create my-vm', shows: ['my-vm is ready. Go into it with: golem vm ssh my-vm']},
			{command: 'golem vm ssh my-vm', ...visit('my-vm')},
			{command: 'golem vm destroy my-vm', ...yesDestroyIt, shows: ['my-vm is destroyed.']},
		],
	},
	{
		place: 'README.md: Rent',
		async placeholders() {
			forwardedPort = await freePort();
			return {'8080:': `${forwardedPort}:`};
		},
		lines: [
			{command: 'golem vm providers --cpu 2', shows: ['the-provider']},
			{command: 'golem vm create my-vm --size medium', shows: ['my-vm is ready.']},
			{command: 'golem vm ssh my-vm', ...visit('my-vm')},
			{command: 'golem vm ssh my-vm -- uname -a', shows: [/^Linux my-vm /m]},
			{
				command: 'golem vm ssh my-vm -L 8080:localhost:80',
				replies: [[guestPrompt('my-vm'), leaveOnceForwarded]],
			},
			{
				command: 'golem vm ssh-config --write',
				async check(t, world, output) {
					const [include = ''] = /^Include .*$/m.exec(output) ?? [];
					const config = path.join(world.folder, 'ssh-config');
					await fs.writeFile(config, `${include}\n`);
					const {stdout} = await execa('ssh', ['-F', config, 'my-vm', 'hostname'], {stdin: 'ignore'});
					t.is(stdout, 'my-vm');
				},
			},
			{command: 'golem vm stop my-vm', shows: ['my-vm']},
			{command: 'golem vm start my-vm', shows: ['my-vm']},
			{command: 'golem vm list', shows: [/my-vm +running/]},
			{command: 'golem vm usage my-vm', shows: [/cpu time/]},
			{command: 'golem vm destroy my-vm', ...yesDestroyIt, shows: ['my-vm is destroyed.']},
		],
	},
	{
		place: 'README.md: For scripts',
		placeholders: ({provider}) => ({'0x…': provider.id}),
		lines: [
			{
				command: `golem vm list --json | jq -r '.[] | select(.status == "running") | .name'`,
				check(t, {programs}, output) {
					const names = programs.standIns.has('jq')
						? JSON.parse(output).flatMap((vm: {name: string; status: string}) =>
								vm.status === 'running' ? [vm.name] : [],
							)
						: output.trim().split('\n');
					t.deepEqual(names, [rentedVm]);
				},
			},
			{
				command: `golem --json | jq '.ports.concurrent_vms'`,
				check(t, {programs}, output) {
					const value = JSON.parse(output);
					t.is(programs.standIns.has('jq') ? value.ports.concurrent_vms : value, offered.cpu);
				},
			},
			{
				command: `golem --json --watch | jq -c '.vms'`,
				replies: [[/^\S.*"name":"web".*$/m, '\u0003']],
				status: 130,
			},
			{
				command: 'golem schema snapshot',
				check: (t, _world, output) => t.truthy(JSON.parse(output).properties.vms),
			},
			{
				command: 'golem api GET /api/v1/vms --provider 0x…',
				check: (t, _world, output) => t.true(output.includes(`"${rentedVm}"`)),
			},
		],
	},
];
