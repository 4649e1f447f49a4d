import { cpus } from 'node:os';
import { type Line, TABLE_HEAD, tableRow } from './lines.ts';
import { Progress } from './progress.ts';

/** Where a bench says what it found: lines on stdout, as a table or as JSON; progress on stderr. */
export class Report {
  readonly progress = new Progress();
  readonly #bench: string;
  readonly #json: boolean;
  #hasHead = false;

  constructor(bench: string, json: boolean) {
    this.#bench = bench;
    this.#json = json;
    const cpu = cpus()[0]?.model ?? 'unknown processor';
    this.progress.step(`Node ${process.versions.node}, ${cpus().length} cores (${cpu})`);
  }

  lines(lines: readonly Line[]): void {
    this.progress.done();
    if (!this.#json && !this.#hasHead) process.stdout.write(`${TABLE_HEAD}\n`);
    this.#hasHead = true;
    for (const line of lines)
      process.stdout.write(`${this.#json ? asJson(this.#bench, line) : tableRow(line)}\n`);
  }
}

/** Flat, so that a line can be picked by any of its members. */
function asJson(bench: string, { with: under, ...line }: Line): string {
  return JSON.stringify({ bench, ...line, ...under });
}
