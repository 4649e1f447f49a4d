import { Argument, Command, Option } from 'commander';

import { type BreakGlassOptions, breakGlassOption } from './access/access-options.ts';
import { aroundAccess } from './access/access-way.ts';
import type { Context } from './context.ts';
import { EXIT, EXIT_MEANING, type ExitCode } from './exit-codes.ts';

/** How a command ended, and what one would do next: the last line on stderr. */
export interface Outcome {
  readonly exit?: ExitCode;
  readonly next: string;
}

/** A command line that works as it stands, and what it does. */
export type Example = readonly [line: string, what: string];

/** What every command takes. */
export interface CommonOptions {
  readonly json?: boolean;
}

interface Described {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What it does and does not do; full sentences. */
  readonly about: string;
  readonly examples: readonly Example[];
  /** Where the general meaning of an exit code is not precise enough. */
  readonly exits?: Readonly<Partial<Record<ExitCode, string>>>;
}

/** One command as data: the parser, its help and docs/cli.md are made from it. */
export interface CommandSpec<O extends CommonOptions, A extends readonly unknown[]>
  extends Described {
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
  /**
   * Whether it works with the operator's own keys and not through access: where an access is named it then
   * needs --break-glass.
   */
  readonly opensKeys?: (options: O) => boolean;
  run(context: Context, options: O, ...args: A): Promise<Outcome>;
}

/** Commands under one name, such as `keys list` and `keys rotate`. */
export interface GroupSpec extends Described {
  readonly commands: readonly CommandMaker[];
}

/** Adds a command to its parent; `onOutcome` is told how it ended. */
export type CommandMaker = (parent: Command, frame: Frame) => void;

export interface Frame {
  readonly context: Context;
  onOutcome(outcome: Outcome): void;
}

/** What a command tells beside what commander keeps; for docs and tests. */
export interface CommandFacts {
  readonly examples: readonly Example[];
  readonly exits: readonly (readonly [ExitCode, string])[];
}

const facts = new WeakMap<Command, CommandFacts>();

/** Examples and exit codes of a command; undefined for one that was not made here. */
export function factsOf(command: Command): CommandFacts | undefined {
  return facts.get(command);
}

export function defineCommand<O extends CommonOptions, A extends readonly unknown[] = []>(
  spec: CommandSpec<O, A>,
): CommandMaker {
  return (parent, frame) => {
    const command = described(parent, spec);
    for (const argument of spec.arguments ?? []) command.addArgument(argument);
    for (const option of spec.options ?? []) command.addOption(option);
    if (spec.opensKeys !== undefined) command.addOption(breakGlassOption());
    command.addOption(new Option('--json', 'results, findings and errors as JSON, one a line'));
    command.action(async (...given: unknown[]) => {
      // commander hands over the arguments, then the options, then the command itself.
      const options = given.at(-2) as O & BreakGlassOptions;
      frame.context.terminal.json = options.json === true;
      const context = { ...frame.context, command: pathOf(command) };
      if (spec.opensKeys?.(options) === true) await aroundAccess(context, options);
      frame.onOutcome(await spec.run(context, options, ...(given.slice(0, -2) as unknown as A)));
    });
  };
}

/** Words of a command line up to its options, without the program. */
function pathOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${pathOf(parent)} ${command.name()}` : command.name();
}

export function defineGroup(spec: GroupSpec): CommandMaker {
  return (parent, frame) => {
    const group = described(parent, spec);
    for (const make of spec.commands) make(group, frame);
  };
}

function described(parent: Command, spec: Described): Command {
  const command = parent.command(spec.name).summary(spec.summary).description(spec.about);
  describeCommand(command, spec);
  return command;
}

/** Adds examples and exit codes to a command's help. */
export function describeCommand(
  command: Command,
  spec: Pick<Described, 'examples' | 'exits'>,
): void {
  const exits = Object.values(EXIT).map((code): readonly [ExitCode, string] => [
    code,
    spec.exits?.[code] ?? EXIT_MEANING[code],
  ]);
  facts.set(command, { examples: spec.examples, exits });
  const examples = spec.examples.map(([line, what]) => `  ${line}\n      ${what}`);
  const codes = exits.map(([code, meaning]) => `  ${code}  ${meaning}`);
  command.addHelpText(
    'after',
    `\nExamples:\n${examples.join('\n')}\n\nExit codes:\n${codes.join('\n')}`,
  );
}
