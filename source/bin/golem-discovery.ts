#!/usr/bin/env node
import {runDaemonCommandLine} from '../command-line/daemon-front.js';

process.exitCode = await runDaemonCommandLine('discovery', process.argv.slice(2));
