import {readOrCreateKeyFile} from '../../../source/platform/identity-file.js';
import {createPrivateKey} from '../../../source/protocol/identity.js';

// Both starters wait for the same moment, so that they really meet.
const startAt = Number(process.argv[3]);
while (Date.now() < startAt) {}
process.stdout.write(`key ${await readOrCreateKeyFile(String(process.argv[2]), createPrivateKey)}\n`);
