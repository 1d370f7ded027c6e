#!/usr/bin/env node
/** The `sop` program. */
import process from 'node:process';
import { runCli } from './cli.ts';
import { isEngineOpen } from './dawn.ts';
import { processIo } from './io.ts';

process.exitCode = await runCli(process.argv.slice(2), processIo());
// Dawn keeps a process alive; it ends once all that was written has left it.
if (isEngineOpen()) process.stdout.write('', () => process.stderr.write('', () => process.exit()));
