import { KeyedHash } from '@sealstream/crypto';
import { PII_CLASS_NAMES, type PiiClass, PiiScanner } from '@sealstream/pii';
import { z } from 'zod';
import type { MaskAction, MaskedField } from './transform.ts';

export const ScrubParameters = z
  .strictObject({
    classes: z
      .array(z.enum(PII_CLASS_NAMES))
      .min(1)
      .optional()
      .describe(
        'What is looked for; what a form can decide when not given, so no names of persons.',
      ),
    with: z
      .enum(['class', 'token'])
      .optional()
      .describe('What stands for a finding: its class (default), or class and a keyed hash of it.'),
  })
  .describe('Takes the personal data that the scanner finds out of a text.');

export type ScrubParameters = z.infer<typeof ScrubParameters>;

/** Whether equal findings become equal, so that they can be found by guessing. */
export function scrubKeepsEquality(rule: ScrubParameters | undefined): boolean {
  return rule?.with === 'token';
}

/** Characters of base64url of a finding's hash: 2^48 of them, so that two rarely look alike. */
const HASH_CHARACTERS = 8;

const COLON = 0x3a;
const CLOSE = 0x5d;
/** What each finding begins with, by its class; as bytes, since texts have many. */
const OPENINGS = Object.fromEntries(
  PII_CLASS_NAMES.map((name) => [name, Buffer.from(`[${name}`)]),
) as Readonly<Record<PiiClass, Buffer>>;

/**
 * `scrub`: each finding in a text becomes `[class]`, or `[class:HASH]`, in which equal findings of a
 * field have equal hashes. What the scanner does not find stays, so this lessens what a text tells and
 * promises nothing of it.
 */
export function scrubAction(
  rule: ScrubParameters | undefined,
  { dataset, path }: MaskedField,
): MaskAction {
  const scanner = new PiiScanner(rule?.classes === undefined ? {} : { classes: rule.classes });
  const hash = new KeyedHash('hash', dataset, `scrub ${path}`);
  const isToken = scrubKeepsEquality(rule);
  return {
    does: 'rewrite',
    output: 'text',
    rewrite: (text, from, to, out, keys) => {
      const found = scanner.scan(text, from, to);
      let done = from;
      for (let n = 0; n < found.length; n++) {
        const start = found.fromAt(n);
        out.copy(text, done, start);
        out.copy(OPENINGS[found.classAt(n)]);
        done = found.toAt(n);
        if (isToken) {
          out.byte(COLON);
          const at = out.length;
          hash.digestInto(keys, text, start, done, out);
          out.length = at + HASH_CHARACTERS;
        }
        out.byte(CLOSE);
      }
      out.copy(text, done, to);
      return true;
    },
  };
}
