#!/usr/bin/env node
/** The process around the command: its streams, its exit code, and nothing else. */
import { runSealstream } from './run.ts';

// The reader of a pipe has what it wanted (`| head`): that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 3);
});

process.exitCode = await runSealstream(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
});
