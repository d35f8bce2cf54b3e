#!/usr/bin/env node
import {runStandalone} from '../daemon-control/standalone.js';

process.exitCode = await runStandalone('golem-provider', 'provider', process.argv.slice(2));
