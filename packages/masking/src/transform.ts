import type { ByteRange } from '@sealstream/contracts';
import type { ByteSink, KeySource } from '@sealstream/crypto';
import type { z } from 'zod';

/** Where a rewritten text goes. */
export interface TextOutput extends ByteSink {
  byte(value: number): void;
  copy(source: Buffer, from?: number, to?: number): void;
}

export function writeAscii(out: TextOutput, text: string): void {
  for (let i = 0; i < text.length; i++) out.byte(text.charCodeAt(i));
}

/**
 * Writes what the text in [from, to) becomes; false when the text cannot be treated so. The text is
 * unescaped UTF-8 in which a lone surrogate may stand as three bytes.
 */
export type Rewrite = (
  text: Buffer,
  from: number,
  to: number,
  out: TextOutput,
  keys: KeySource,
) => boolean;

/** What a rule does to a field, free of any format. */
export type MaskAction =
  | { readonly does: 'keep' }
  /** The field is left out. */
  | { readonly does: 'drop' }
  /** The same for every value, null included. */
  | { readonly does: 'fixed'; readonly value: string | number | boolean | null }
  /** Text in, text out. Null, in which there is nothing to hide, stays null. */
  | { readonly does: 'rewrite'; readonly output: 'text' | 'number'; readonly rewrite: Rewrite };

/** The field that a rule is for; keys are derived for it. */
export interface MaskedField {
  readonly dataset: string;
  /** The policy's path pattern. */
  readonly path: string;
  /** Whom the record that is treated now is about; its text changes from record to record. */
  readonly subject?: { readonly text: ByteRange | undefined } | undefined;
  /** Whether what gives its values back ends with the subject of their record. */
  readonly goesWithSubject?: boolean | undefined;
}

/** From least to most. `equality`: which values are equal; so values can be found by guessing. */
export const SHOWS = ['nothing', 'equality', 'part', 'everything'] as const;
export type Shows = (typeof SHOWS)[number];

/** One row of the table. */
export interface Transform<P = unknown> {
  /** What it does, in a sentence for the documents. */
  readonly summary: string;
  /** How a policy writes it. */
  readonly example: string;
  /** Form of the parameters. */
  readonly parameters: z.ZodType<P>;
  /** Whether it may be written as its name alone; then the parameters are `undefined`. */
  readonly bare: boolean;
  /** Whether its name alone stands for the parameters that are standard for the field's class. */
  readonly byClass?: boolean;
  /** Whether it may be written with parameters. */
  readonly takesParameters: boolean;
  /** Purpose of its keys; undefined when it needs none. */
  readonly purpose: 'hash' | 'fpe' | 'vault' | undefined;
  /** Whether someone with the key gets the value back. */
  readonly reversible: boolean;
  /** Whether equal values become equal, so that guesses can be checked by whoever may write raw. */
  preservesEquality(parameters: P): boolean;
  /** Whether it treats all values of one subject alike, so that the dataset must name one. */
  needsSubject?(parameters: P): boolean;
  /** The one type that these parameters go with, where it is not each of `types`. */
  needsType?(parameters: P): 'number' | 'string';
  /** Whether what gives the value back goes with the subject of its record, where it has one. */
  readonly goesWithSubject?: boolean;
  /** What of the value stands on masked after its subject was shredded. */
  readonly afterShred: 'readable' | 'still-opens' | 'one-way' | 'nothing';
  /** Declared types that it can treat. */
  readonly types: readonly ('string' | 'number' | 'boolean' | 'object' | 'array')[];
  /** What the field becomes. */
  readonly output: 'as it was' | 'text' | 'number' | 'null' | 'nothing' | 'the constant';
  /** How much of a value whoever reads the output has: see SHOWS. */
  readonly shows: Shows;
  /** What can still be read in the output, for the documents. */
  readonly keeps: string;
  action(parameters: P, field: MaskedField): MaskAction;
}
