#!/usr/bin/env node
import {runDaemonCommandLine} from '../command-line/daemon-front.js';

process.exitCode = await runDaemonCommandLine('provider', process.argv.slice(2));
