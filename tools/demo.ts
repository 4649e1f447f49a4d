// npm run demo: the whole flow on this machine, checked. See tools/demo/options.ts for its options.
import { HELP, parseDemo, UsageError } from './demo/options.ts';
import { EXIT, runDemo } from './demo/run.ts';
import { endKept } from './demo/tear-down.ts';
import { MissingTool } from './stack/missing.ts';

const note = (line: string) => process.stderr.write(`sealstream: ${line}\n`);

async function main(): Promise<number> {
  const command = parseDemo(process.argv.slice(2));
  if (command.do === 'help') {
    process.stdout.write(`${HELP}\n`);
    return EXIT.passed;
  }
  if (command.do === 'end') {
    const isEnded = await endKept(command.id);
    note(isEnded ? `demo ${command.id} is ended and removed` : `no demo ${command.id} was kept`);
    return isEnded ? EXIT.passed : EXIT.failed;
  }
  const interruption = new AbortController();
  // Again and again does not help: what was started is being ended.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => interruption.abort());
  const { signal } = interruption;
  return runDemo({ ...command, out: process.stdout, err: process.stderr, signal });
}

try {
  process.exitCode = await main();
} catch (error) {
  note(error instanceof Error ? error.message : 'failed');
  if (error instanceof UsageError) process.exitCode = EXIT.usage;
  else process.exitCode = error instanceof MissingTool ? EXIT.missing : EXIT.failed;
}
