import type { Hierarchy } from './hierarchy.ts';

/** A number; its domain is what the loss of a range is measured against. */
export interface NumericQuasiIdentifier {
  readonly kind: 'numeric';
  readonly name: string;
  /** The domain; a value outside is refused. */
  readonly least: number;
  readonly most: number;
}

/** One of a known set of texts, with ever coarser forms. */
export interface CategoricalQuasiIdentifier {
  readonly kind: 'categorical';
  readonly name: string;
  readonly hierarchy: Hierarchy;
}

export type QuasiIdentifier = NumericQuasiIdentifier | CategoricalQuasiIdentifier;

/** A quasi-identifier's value as it came. */
export type RawValue = string | number;

/** What a group shows instead of a value: a node's text, or the range that holds all members. */
export type Generalised = string | { readonly least: number; readonly most: number };

/** One text for each generalised value; equal values have equal texts. */
export function textOf(value: Generalised): string {
  if (typeof value === 'string') return value;
  return value.least === value.most ? String(value.least) : `${value.least}..${value.most}`;
}
