import type { FieldAlgorithm } from './derivation.ts';

/** How a sealed field looks: our own token, a compact JWE (RFC 7516), or a Fernet token. */
export type FieldForm = 'token' | 'jwe' | 'fernet';

/** What a token can be bound to besides its dataset and path. */
export type BoundTo = 'subject' | 'record-id';

/** How the values of one field are sealed. */
export interface SealMethod {
  readonly form: FieldForm;
  /** `xchacha20-poly1305-siv` gives equal tokens for equal values. */
  readonly algorithm: FieldAlgorithm;
  /** Whose keys: one for all records, or one for each subject, which can be shredded. */
  readonly keys: 'field' | 'subject';
  /** In this order, each once; tokens alone can be bound. */
  readonly bind: readonly BoundTo[];
  /** Whether the length of a value is hidden. */
  readonly pad: boolean;
}

/** What `seal` means when a policy says no more. */
export const DEFAULT_SEAL: SealMethod = Object.freeze({
  form: 'token',
  algorithm: 'xchacha20-poly1305',
  keys: 'field',
  bind: Object.freeze([]),
  pad: true,
});

/** Whether equal values become equal, so that whoever may seal and compare can guess them. */
export function isDeterministic({ algorithm }: SealMethod): boolean {
  return algorithm === 'xchacha20-poly1305-siv';
}
