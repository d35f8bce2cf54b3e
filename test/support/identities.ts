import {createIdentity} from '../../source/protocol/identity.js';

/** The account of the examples in web3.js's documentation; its signatures there were made by other code than ours. */
export const alice = createIdentity('0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318');

/** Somebody else. */
export const mallory = createIdentity('11'.repeat(32));
