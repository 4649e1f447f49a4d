import { readFileSync } from 'node:fs';
import type { PiiClass } from '@sealstream/pii';
import { UsageError } from '../ground/bench.ts';

/** A span that somebody labelled, in bytes of the text. */
export interface Label {
  readonly type: string;
  readonly from: number;
  readonly to: number;
}

export interface LabelledText {
  readonly bytes: Buffer;
  readonly labels: readonly Label[];
}

/**
 * What Presidio's types are here; a type of several classes is found by any of them. TITLE (which
 * holds jobs as well) and NRP (nationality, religion, politics) are no classes of ours.
 */
export const CLASSES_OF: Readonly<Record<string, readonly PiiClass[]>> = {
  CREDIT_CARD: ['card'],
  IBAN_CODE: ['iban'],
  US_SSN: ['ssn'],
  EMAIL_ADDRESS: ['email'],
  PHONE_NUMBER: ['phone'],
  IP_ADDRESS: ['ip'],
  DOMAIN_NAME: ['url'],
  DATE_TIME: ['date', 'period'],
  ZIP_CODE: ['zip'],
  US_DRIVER_LICENSE: ['licence'],
  AGE: ['age'],
  PERSON: ['name'],
  STREET_ADDRESS: ['address'],
  GPE: ['place'],
  ORGANIZATION: ['organisation'],
};

/** What may rightly be found inside a span of another type: the post code in an address. */
export const PARTS_OF: Readonly<Partial<Record<PiiClass, string>>> = { zip: 'STREET_ADDRESS' };

interface PresidioSpan {
  readonly entity_type: string;
  readonly start_position: number;
  readonly end_position: number;
}

interface PresidioText {
  readonly full_text: string;
  readonly spans: readonly PresidioSpan[];
}

/** Which documents of the file count, by their index from 0 on. */
export const PARTS = ['even', 'odd'] as const;
type Part = (typeof PARTS)[number];

/**
 * Reads a file in the structure of Presidio's synthetic texts.
 *
 * @throws UsageError when the file is not there or not of that structure
 */
export function readLabelled(path: string, parts: readonly Part[]): LabelledText[] {
  let texts: PresidioText[];
  try {
    texts = JSON.parse(readFileSync(path, 'utf8')) as PresidioText[];
    return texts
      .filter((_, index) => parts.includes(index % 2 === 0 ? 'even' : 'odd'))
      .map(({ full_text: text, spans }) => ({
        bytes: Buffer.from(text),
        labels: spans.map((span) => ({
          type: span.entity_type,
          from: Buffer.byteLength(text.slice(0, span.start_position)),
          to: Buffer.byteLength(text.slice(0, span.end_position)),
        })),
      }));
  } catch (error) {
    throw new UsageError(`--data ${path}: ${error instanceof Error ? error.name : 'unreadable'}`);
  }
}
