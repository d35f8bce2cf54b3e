#!/usr/bin/env node
import {runDaemonCommandLine} from '../command-line/daemon-front.js';

process.exitCode = await runDaemonCommandLine('port-checker', process.argv.slice(2));
