import test from 'ava';
import {ownershipCommands} from '../../../daemons/images/disk.js';

test('the home is its owner’s and all else is root’s', t => {
	const commands = ownershipCommands(
		['usr/bin/[', 'home', 'home/ubuntu', 'home/ubuntu/.ssh', 'home/ubuntus'],
		{
			path: 'home/ubuntu',
			owner: 1000,
		},
	);
	t.is(
		commands,
		[
			'set_inode_field "/usr/bin/[" uid 0',
			'set_inode_field "/usr/bin/[" gid 0',
			'set_inode_field "/home" uid 0',
			'set_inode_field "/home" gid 0',
			'set_inode_field "/home/ubuntu" uid 1000',
			'set_inode_field "/home/ubuntu" gid 1000',
			'set_inode_field "/home/ubuntu/.ssh" uid 1000',
			'set_inode_field "/home/ubuntu/.ssh" gid 1000',
			'set_inode_field "/home/ubuntus" uid 0',
			'set_inode_field "/home/ubuntus" gid 0',
			'',
		].join('\n'),
	);
});
