#!/usr/bin/env node
import {runStandalone} from '../daemon-control/standalone.js';

process.exitCode = await runStandalone('port-checker', 'port-checker', process.argv.slice(2));
