import { PII_CLASS_NAMES, PII_CLASSES, type PiiClass } from './classes.ts';
import { bitOf, bitsOfWord, MEANING, type Meaning } from './meanings.ts';
import { PiiScanner } from './scanner.ts';

/** What a value as a whole looks like. */
export interface Guess {
  readonly class: PiiClass;
  /** 1 to 100. */
  readonly score: number;
}

/** A finding must cover so much of the value to be what the value is. */
const COVERED = 0.8;
/** A longer value is a text in which something may be found, not one value. */
const LONGEST_VALUE = 320;

/** Classes that the name of a field alone can tell, where the value has no form of its own. */
const BY_NAME: Partial<Record<Meaning, PiiClass>> = {
  account: 'account',
  licence: 'licence',
  passport: 'passport',
  phone: 'phone',
  zip: 'zip',
  nationalId: 'national-id',
};
const NAMED_SCORE = 50;

let scanner: PiiScanner | undefined;

/**
 * Which class the value of a field looks like as a whole, with the field's name as a word that speaks
 * for it: `classify('/customer/phone', '467 3395')` is a phone. Undefined when none does.
 */
export function classify(name: string, value: string): Guess | undefined {
  const trimmed = value.trim();
  if (trimmed === '' || trimmed.length > LONGEST_VALUE) return undefined;
  const text = Buffer.from(trimmed);
  const told = meaningsOf(name);
  scanner ??= new PiiScanner({ classes: PII_CLASS_NAMES });
  const findings = scanner.scanBehind(told, text, 0, text.length);
  let best: Guess | undefined;
  for (const { class: found, from, to, score } of findings.objects())
    if (to - from >= text.length * COVERED && (best === undefined || score > best.score))
      best = { class: found, score };
  return best ?? byName(told, trimmed);
}

/** The value has digits and little else, and the field's name says what such digits are. */
function byName(told: readonly Meaning[], value: string): Guess | undefined {
  if (value.length > 24 || !/\d{3}/.test(value) || !/^[\dA-Za-z .\-/()+]+$/.test(value))
    return undefined;
  for (const meaning of told) {
    const named = BY_NAME[meaning];
    if (named !== undefined)
      return { class: named, score: Math.min(NAMED_SCORE, PII_CLASSES[named].backed) };
  }
  return undefined;
}

/** What the words of a field's name mean: `cardNumber`, `card_no` and `/pay/card` say card. */
function meaningsOf(name: string): Meaning[] {
  const words = name.split(/[^\p{L}]+|(?<=\p{Ll})(?=\p{Lu})/u).filter((word) => word !== '');
  let bits = 0;
  for (const word of [...words, words.join('')]) bits |= bitsOfWord(word);
  return (Object.keys(MEANING) as Meaning[]).filter((meaning) => (bits & bitOf(meaning)) !== 0);
}
