// npm run bench -- NAME: measures, next to a reference that is measured in the same run.
import { MissingTool } from '../tools/stack/missing.ts';
import { BENCHES } from './benches.ts';
import { Asked, UsageError } from './ground/bench.ts';
import { helpOf, helpOfAll } from './ground/help.ts';
import { Report } from './ground/report.ts';

const EXIT = { failed: 1, usage: 2, missing: 3 } as const;

async function main([name = '', ...args]: readonly string[]): Promise<number> {
  const bench = BENCHES.find((known) => known.name === name);
  const help = bench === undefined ? helpOfAll(BENCHES) : helpOf(bench);
  try {
    const asked = bench === undefined ? undefined : new Asked(bench, args);
    if (name === '--help' || asked?.has('help') === true) {
      process.stdout.write(`${help}\n`);
      return 0;
    }
    if (bench === undefined || asked === undefined)
      throw new UsageError(`say which bench: ${BENCHES.map((known) => known.name).join(', ')}`);
    await bench.run(asked, new Report(bench.name, asked.has('json')));
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`bench: ${message}\n`);
    if (error instanceof UsageError) {
      process.stderr.write(`${help}\n`);
      return EXIT.usage;
    }
    return error instanceof MissingTool ? EXIT.missing : EXIT.failed;
  }
}

process.exitCode = await main(process.argv.slice(2));
