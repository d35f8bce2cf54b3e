#!/usr/bin/env node
import {runStandalone} from '../daemon-control/standalone.js';

process.exitCode = await runStandalone('golem-discovery', 'discovery', process.argv.slice(2));
