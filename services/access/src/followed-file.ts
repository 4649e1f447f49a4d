import { readFileSync } from 'node:fs';

import { type Logger, SealstreamError } from '@sealstream/contracts';
import type { Metrics } from '@sealstream/service';

export interface FollowedFileOptions<T> {
  readonly file: string;
  /** What its text says; throws a SealstreamError where it does not hold. */
  readonly read: (text: string) => T;
  /** A label of the metric. */
  readonly use: string;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'tlsReloads'>;
}

/**
 * What a file says, taken anew when it changes. A text that does not hold is told once, and what was
 * taken before stays.
 */
export class FollowedFile<T> {
  readonly #options: FollowedFileOptions<T>;
  #value: T;
  /** The text, or the refusal, that was last met. */
  #seen: string;

  /** @throws SealstreamError FILE_UNREADABLE, and what `read` throws */
  constructor(options: FollowedFileOptions<T>) {
    this.#options = options;
    this.#seen = textOf(options.file);
    this.#value = options.read(this.#seen);
  }

  get value(): T {
    return this.#value;
  }

  /** Looks now; whether there is another value. */
  look(): boolean {
    const { file, logger, metrics, read, use } = this.#options;
    let seen: string | undefined;
    try {
      seen = textOf(file);
      if (seen === this.#seen) return false;
      this.#value = read(seen);
      this.#seen = seen;
      metrics.tlsReloads.inc({ use, outcome: 'taken' });
      logger.info({ file }, 'took another file for client certificates');
      return true;
    } catch (error) {
      if (!(error instanceof SealstreamError)) throw error;
      const { code, place } = error;
      const met = seen ?? code;
      if (met === this.#seen) return false;
      this.#seen = met;
      metrics.tlsReloads.inc({ use, outcome: 'refused' });
      const problem = typeof place['problem'] === 'string' ? place['problem'] : undefined;
      logger.error({ code, file, problem }, 'the file for client certificates in use stays');
      return false;
    }
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new SealstreamError('FILE_UNREADABLE', { file });
  }
}
