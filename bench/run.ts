// npm run bench -- NAME: measures, next to a reference that is measured in the same run.
import { pipelineBench } from './pipeline/pipeline.ts';
import { HELP, readOptions, UsageError } from './pipeline/options.ts';
import { MissingTool } from '../tools/stack/missing.ts';

const EXIT = { failed: 1, usage: 2, missing: 3 } as const;

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (options === 'help') {
      process.stdout.write(`${HELP}\n`);
      return 0;
    }
    await pipelineBench(options);
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`bench: ${message}\n`);
    if (error instanceof UsageError) {
      process.stderr.write(`${HELP}\n`);
      return EXIT.usage;
    }
    return error instanceof MissingTool ? EXIT.missing : EXIT.failed;
  }
}

process.exitCode = await main(process.argv.slice(2));
