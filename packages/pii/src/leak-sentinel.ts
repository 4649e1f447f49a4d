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
    for (let index = 0; index < findings.length; index++)
      if (!isMade(text, findings.fromAt(index), findings.toAt(index)))
        return findings.classAt(index);
    return undefined;
  }
}

/** Domains that RFC 2606 keeps for examples, and numbers of one digit again and again. */
const EXAMPLES = ['example.com', 'example.org', 'example.net'].map((name) => Buffer.from(name));

function isMade(text: Buffer, from: number, to: number): boolean {
  for (const name of EXAMPLES) {
    const start = to - name.length;
    if (start > from && text.compare(name, 0, name.length, start, to) === 0) return true;
  }
  return false;
}
