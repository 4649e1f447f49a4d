import type { Generalised, RawValue } from './quasi-identifier.ts';

/** One record, as far as it takes part. */
export interface Entry {
  /** Opaque; told again when the entry leaves. */
  readonly id: string;
  /** One for each quasi-identifier, in their order. */
  readonly values: readonly RawValue[];
  /** What is published as it is; l counts the different ones in each place. */
  readonly sensitive: readonly string[];
  /** Whose record it is; opaque. k counts the different ones. */
  readonly subject: Uint8Array;
  /** Who wrote it, where different producers are asked for. */
  readonly producer?: string;
  /** When it came, in the unit of the delay: milliseconds, or a count of records. */
  readonly arrival: number;
}

/** Why an entry is not taken into the buffer. Nothing has changed then. */
export type Refusal =
  | { readonly why: 'known-id' }
  | { readonly why: 'wrong-count'; readonly of: 'values' | 'sensitive' }
  /** The place of the quasi-identifier that does not know the value. */
  | { readonly why: 'unknown-value'; readonly place: number }
  | { readonly why: 'no-producer' };

/** Why an entry left without being published. */
export type SuppressionReason =
  /** Fewer than k different subjects are in the buffer. */
  | 'too-few-subjects'
  /** No group with l different sensitive values was found. */
  | 'too-few-values'
  /** No group with enough producers was found. */
  | 'too-few-producers'
  /** Its subject is in as many groups as one may be in. */
  | 'subject-in-too-many-groups'
  /** Its subject is not known, and as many are as can be counted. */
  | 'too-many-subjects';

/** An entry that is published. */
export interface Member {
  readonly id: string;
  readonly sensitive: readonly string[];
}

/** Entries that are published together; all show the same. */
export interface Group {
  /** One for each quasi-identifier, in their order. */
  readonly values: readonly Generalised[];
  /** In random order. */
  readonly members: readonly Member[];
  /** Mean loss over the quasi-identifiers, 0 to 1. */
  readonly loss: number;
  /** It went before its time, because the buffer was full. */
  readonly early: boolean;
}

export interface Suppressed {
  readonly id: string;
  readonly reason: SuppressionReason;
}

/** All that left the buffer since the step before; every id stands in it once. */
export interface Step {
  readonly groups: readonly Group[];
  readonly suppressed: readonly Suppressed[];
}
