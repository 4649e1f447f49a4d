import { parseArgs } from 'node:util';
import type { Report } from './report.ts';

/** The command line is not understood; the message says what. */
export class UsageError extends Error {}

/** An option of a bench; without `takes` it is a switch. */
export interface BenchOption {
  /** What stands after it, in the words of the help. */
  readonly takes?: string;
  readonly default?: string;
  readonly meaning: string;
}

/** A row of the table of benches. */
export interface Bench {
  readonly name: string;
  /** What it measures, in one line. */
  readonly summary: string;
  /** What else its help says. */
  readonly about: readonly string[];
  readonly options: Readonly<Record<string, BenchOption>>;
  /** What may stand after `npm run bench -- NAME`. */
  readonly examples: readonly string[];
  /**
   * Measures and reports. Throws when a run fails or a check of what came out does not hold.
   *
   * @throws UsageError before anything is started
   */
  run(asked: Asked, report: Report): Promise<void>;
}

/** Options of every bench. */
export const SHARED: Readonly<Record<string, BenchOption>> = {
  json: { meaning: 'one JSON object a line on stdout instead of a table' },
  help: { meaning: 'this help' },
};

/** What a bench was asked for: the text of its options, read with their bounds. */
export class Asked {
  readonly #values: Readonly<Record<string, string | boolean | undefined>>;

  constructor(bench: Pick<Bench, 'options'>, args: readonly string[]) {
    const options = Object.entries({ ...bench.options, ...SHARED }).map(
      ([name, { takes, default: text }]) => {
        const type = takes === undefined ? ('boolean' as const) : ('string' as const);
        return [name, text === undefined ? { type } : { type, default: text }] as const;
      },
    );
    try {
      this.#values = parseArgs({ args: [...args], options: Object.fromEntries(options) }).values;
    } catch (error) {
      throw new UsageError(error instanceof Error ? error.message : 'usage');
    }
  }

  has(option: string): boolean {
    return this.#values[option] !== undefined && this.#values[option] !== false;
  }

  text(option: string): string {
    const value = this.#values[option];
    if (typeof value !== 'string') throw new UsageError(`--${option} takes a value`);
    return value;
  }

  whole(option: string, least: number, most: number): number {
    return wholeNumber(option, this.text(option), least, most);
  }

  /** Several, with commas between them. */
  wholes(option: string, least: number, most: number): number[] {
    return this.text(option)
      .split(',')
      .map((text) => wholeNumber(option, text, least, most));
  }

  /** Some of the words, with commas between them, in the order of `words`; or all. */
  words<W extends string>(option: string, words: readonly W[]): W[] {
    const wanted = this.text(option).split(',');
    const strange = wanted.some((word) => word !== 'all' && !words.some((known) => known === word));
    if (strange) throw new UsageError(`--${option} takes ${words.join(', ')} or all`);
    return words.filter((word) => wanted.includes('all') || wanted.includes(word));
  }
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most)
    throw new UsageError(`--${option} takes a whole number from ${least} to ${most}`);
  return number;
}
