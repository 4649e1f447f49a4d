import { type Command, CommanderError } from 'commander';

import { readCliConfig } from './cli-settings.ts';
import type { Outcome } from './command.ts';
import type { Context } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { asOurs, exitCodeOf, tellFailure } from './failure.ts';
import { sealstreamProgram } from './program.ts';
import { type Surroundings, Terminal } from './terminal.ts';

/**
 * Runs one command line to its end.
 *
 * Promises: never throws and never ends the process; results go to stdout, all else to stderr; an
 * error is one line with its code, its place and what mends it, and never holds a value of a
 * record or a key.
 *
 * @param argv without the program itself
 */
export async function runSealstream(
  argv: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  const terminal = new Terminal(surroundings);
  terminal.json = argv.includes('--json');
  let outcome: Outcome | undefined;
  const program = sealstreamProgram({
    context: contextOf(surroundings, terminal),
    onOutcome: (ended) => {
      outcome = ended;
    },
  });
  configureOutput(program, terminal, surroundings);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    return failed(error, terminal);
  }
  if (outcome !== undefined) terminal.next(outcome.next);
  return outcome?.exit ?? EXIT.done;
}

function failed(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof CommanderError) {
    const isAsked = ['commander.helpDisplayed', 'commander.version'].includes(error.code);
    // Help after `help` has the code commander.help and exit code 0, too.
    return isAsked || error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
  const ours = asOurs(error);
  tellFailure(terminal, ours);
  return exitCodeOf(ours);
}

/** Each command of commander has its own settings; all get the same. */
function configureOutput(command: Command, terminal: Terminal, surroundings: Surroundings): void {
  const { stderr, stdout } = surroundings;
  command.configureOutput({
    writeOut: (text) => stdout.write(text),
    writeErr: (text) => stderr.write(text),
    outputError: (text) => {
      const what = text
        .replace(/^error: /, '')
        .replaceAll(/\s*\n\s*/g, ' ')
        .trim();
      terminal.note(`${terminal.paintErr('red', 'USAGE')}: ${what} Run it with --help.`, {
        error: 'USAGE',
        place: { problem: what },
        mend: 'Run the command with --help.',
      });
    },
  });
  for (const child of command.commands) {
    child.exitOverride();
    child.showSuggestionAfterError();
    child.configureHelp({ helpWidth: 100 });
    configureOutput(child, terminal, surroundings);
  }
}

function contextOf(surroundings: Surroundings, terminal: Terminal): Context {
  let config: ReturnType<typeof readCliConfig> | undefined;
  let signal: AbortSignal | undefined;
  return {
    terminal,
    command: '',
    config: () => {
      config ??= readCliConfig(surroundings.env);
      return config;
    },
    interrupted: () => {
      signal ??= interruption();
      return signal;
    },
  };
}

function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  process.once('SIGTERM', () => controller.abort());
  return controller.signal;
}
