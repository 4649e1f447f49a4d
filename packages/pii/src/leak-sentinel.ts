import { PiiScanner } from './scanner.ts';
import type { PiiClass } from './classes.ts';

/** What may not be left behind a mask, and what form and check decide nearly alone. */
const LEAKS: readonly PiiClass[] = ['card', 'email', 'iban', 'ssn'];
/** An SSN with separators, a card of 14 digits or more: not what only a word beside it makes one. */
const STRICT_SCORE = 88;

/** Says whether a text holds a card number, IBAN, SSN or e-mail address that looks real. */
export class LeakSentinel {
  readonly #scanner = new PiiScanner({ classes: LEAKS, leastScore: STRICT_SCORE });

  /** The class of the first that is found in [from, to); undefined when there is none. */
  firstLeak(text: Buffer, from = 0, to = text.length): PiiClass | undefined {
    const findings = this.#scanner.scan(text, from, to);
    return findings.length > 0 ? findings.classAt(0) : undefined;
  }
}
