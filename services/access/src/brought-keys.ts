import { type ByteRange, type ErrorCode, ERRORS, SealstreamError } from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import { RecordKeys } from '@sealstream/flow';

/** Of which record a value is (`recordIdOf`), and of which person, where it goes by that. 16 bytes each. */
export interface OfRecord {
  readonly source?: Buffer | undefined;
  readonly subject?: Buffer | undefined;
}

/** A second bring follows when a key moved meanwhile; more would be a fault of the source. */
const BRINGS_MAX = 5;
const ID_BYTES = 16;
const NO_RECORD = Buffer.alloc(ID_BYTES);
/** What one value is refused with besides what is a record's own fault, and no other with it. */
const OF_ONE_VALUE: readonly ErrorCode[] = ['KEY_UNKNOWN', 'KEYSET_UNREADABLE', 'KEY_DESTROYED'];

/**
 * Does the same to many values, as often as keys of persons or rows of the vault have to be fetched,
 * which is done for all of them at once.
 *
 * @returns what came of each, in their order; a code where the value alone is at fault
 * @throws SealstreamError what concerns the keys as a whole, such as KEYRING_STALE
 */
export async function withBrought<V extends OfRecord, R extends string | object>(
  keys: KeySource,
  values: readonly V[],
  work: (value: V, keys: KeySource) => R,
): Promise<(R | ErrorCode)[]> {
  const source: ByteRange = { bytes: NO_RECORD, from: 0, to: ID_BYTES };
  const recordKeys = new RecordKeys(keys, source);
  const results = Array.from<R | ErrorCode | undefined>({ length: values.length });
  let left = values.length;
  for (let brings = 0; ; brings += 1) {
    for (const [at, value] of values.entries()) {
      if (results[at] !== undefined) continue;
      source.bytes = value.source ?? NO_RECORD;
      recordKeys.record.subject = value.subject && rangeOf(value.subject);
      results[at] = attempt(work, value, recordKeys);
      if (results[at] !== undefined) left -= 1;
    }
    if (left === 0) return results as (R | ErrorCode)[];
    if (brings === BRINGS_MAX) throw new SealstreamError('SUBJECT_KEYS_WANTED');
    if (keys.subjects?.wants === true) await keys.subjects.bring();
    if (keys.vault?.wants === true) await keys.vault.bring();
  }
}

/**
 * Makes nothing for whoever was shredded, as no stage does for their records: also where the keys are the
 * dataset's, or a process still has what it made before.
 *
 * @throws SealstreamError SUBJECT_SHREDDED, KEYRING_STALE and its kin
 */
export function requireAlive({ shreds }: Pick<KeySource, 'shreds'>, { subject }: OfRecord): void {
  if (subject !== undefined && shreds?.has(subject, 0) === true)
    throw new SealstreamError('SUBJECT_SHREDDED');
}

function rangeOf(bytes: Buffer): ByteRange {
  return { bytes, from: 0, to: ID_BYTES };
}

/** Undefined while something has to be brought first. */
function attempt<V, R>(
  work: (value: V, keys: KeySource) => R,
  value: V,
  keys: KeySource,
): R | ErrorCode | undefined {
  try {
    return work(value, keys);
  } catch (error) {
    if (!(error instanceof SealstreamError)) throw error;
    const { code } = error;
    if (code === 'SUBJECT_KEYS_WANTED' || code === 'VAULT_ROWS_WANTED') return undefined;
    if (ERRORS[code].class === 'record' || OF_ONE_VALUE.includes(code)) return code;
    throw error;
  }
}
