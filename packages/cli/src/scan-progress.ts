import { Progress } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** Shows how far a scan of topics is, once it knows how many records there are. */
export class ScanProgress {
  readonly #terminal: Terminal;
  #progress: Progress | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  readonly onProgress = (records: number, total: number): void => {
    this.#progress ??= new Progress(this.#terminal, 'scan', total);
    this.#progress.show(records, records);
  };

  /** Takes the line away. */
  end(): void {
    this.#progress?.end();
  }
}
