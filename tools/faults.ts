// npm run faults: the whole flow under faults, checked. See tools/faults/options.ts for its options.
import { HELP, parseFaults, UsageError } from './faults/options.ts';
import { EXIT, runFaults } from './faults/run.ts';
import { MissingTool } from './stack/missing.ts';

const BROKERS = 3;

const note = (line: string) => process.stderr.write(`sealstream: ${line}\n`);

async function main(): Promise<number> {
  const options = parseFaults(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(`${HELP}\n`);
    return EXIT.clean;
  }
  const interruption = new AbortController();
  // Again and again does not help: what was started is being ended.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => interruption.abort());
  const { signal } = interruption;
  return runFaults({
    ...options,
    brokers: BROKERS,
    out: process.stdout,
    err: process.stderr,
    signal,
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  note(error instanceof Error ? error.message : 'failed');
  if (error instanceof UsageError) process.exitCode = EXIT.usage;
  else process.exitCode = error instanceof MissingTool ? EXIT.missing : EXIT.found;
}
