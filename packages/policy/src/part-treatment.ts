import type { RejectCode } from '@sealstream/contracts';
import { fieldCipher, type KeySource, looksLikeToken, type SealMethod } from '@sealstream/crypto';
import { maskAction } from '@sealstream/masking';
import { ByteWriter, firstInvalidUtf8 } from '@sealstream/records';
import type { Dataset, Part } from './dataset.ts';
import { headerName, KEY_PATH } from './record-part.ts';
import { recordFault } from './verdict.ts';

/** What a text becomes: bytes, null, undefined where it is left out; or why it is refused. */
export type TreatedPart = Buffer | null | undefined | RejectCode;

/** Throws what the key source throws when the keys are not there. */
export type PartTreatment = (value: Buffer | null, keys: KeySource) => TreatedPart;

const NOTHING = Buffer.alloc(0);
/** W3C trace context, version 00: version, trace id, parent id, flags; no id may be all zero. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const made = new ByteWriter();

const leftOut: PartTreatment = () => undefined;
const asItIs: PartTreatment = (value) => value;

/** `traceparent` passes only when it is one, since it reaches everybody who reads the topic. */
const ifTraceparent: PartTreatment = (value) =>
  TRACEPARENT.test(value?.toString('latin1') ?? '') ? value : undefined;

function kept({ path }: Part): PartTreatment {
  return headerName(path) === 'traceparent' ? ifTraceparent : asItIs;
}

/** Of a record without a subject, such as a tombstone, nothing can go with one. */
function ofSubject(goesWithSubject: boolean, treatment: PartTreatment): PartTreatment {
  if (!goesWithSubject) return treatment;
  return (value, keys) => (keys.record?.subject === undefined ? undefined : treatment(value, keys));
}

function masked(dataset: Dataset, field: Part): PartTreatment {
  const { mask, path } = field;
  const goesWithSubject = field.maskGoesWithSubject === true;
  const action = maskAction(mask, { dataset: dataset.name, path, goesWithSubject });
  if (action.does === 'keep') return kept(field);
  if (action.does === 'drop') return leftOut;
  if (action.does === 'fixed') {
    const bytes = action.value === null ? null : Buffer.from(String(action.value));
    return () => bytes;
  }
  return ofSubject(goesWithSubject, (value, keys) => {
    if (value === null) return null;
    made.reset();
    const fits = action.rewrite(value, 0, value.length, made, keys);
    return fits ? made.take() : 'RECORD_VALUE_UNFIT';
  });
}

function sealed({ name }: Dataset, { path, seal }: Part): PartTreatment {
  const cipher = fieldCipher(name, path, seal);
  return ofSubject(seal.keys === 'subject', (value, keys) =>
    value === null ? cipher.seal(keys, 'null', NOTHING) : cipher.seal(keys, 'string', value),
  );
}

/** Opens what was sealed at this path; a plain value in its place did not come from encrypt. */
export function openPart(dataset: string, path: string, seal: SealMethod): PartTreatment {
  const cipher = fieldCipher(dataset, path, seal);
  return (value, keys) => {
    if (value === null || !looksLikeToken(value)) return 'RECORD_NOT_AUTHENTIC';
    const { plain, type } = cipher.open(keys, value);
    if (type === 'null') return null;
    return type === 'string' ? Buffer.from(plain) : 'RECORD_NOT_AUTHENTIC';
  };
}

/** Opens what encrypt sealed, and seals it under the key that is active now. */
export function resealPart(dataset: Dataset, part: Part): PartTreatment {
  const open = openPart(dataset.name, part.path, part.seal);
  const seal = sealed(dataset, part);
  return (value, keys) => {
    const opened = open(value, keys);
    return typeof opened === 'string' || opened === undefined ? opened : seal(opened, keys);
  };
}

/** What a stage does to a header or a key. */
export function partTreatment(
  dataset: Dataset,
  field: Part,
  stage: 'mask' | 'encrypt',
): PartTreatment {
  if (stage === 'mask') return masked(dataset, field);
  if (field.encrypt === 'seal') return sealed(dataset, field);
  return field.encrypt === 'drop' ? leftOut : kept(field);
}

/**
 * Why a value is refused by every stage alike: it is no text where one of them needs one, or looks
 * sealed already where readers would open it.
 */
export function partFault(
  dataset: Dataset,
  { encrypt, mask, path }: Part,
): (value: Buffer | null) => RejectCode | undefined {
  const isSealed = encrypt === 'seal';
  const isRewritten = maskAction(mask, { dataset: dataset.name, path }).does === 'rewrite';
  // Keys of any bytes are hashed, before this.
  const isHashedKey = path === KEY_PATH && mask.name === 'hash';
  const isText = isSealed || (isRewritten && !isHashedKey);
  const mayHoldToken = !isSealed || (dataset.producerTokens === 'reseal' && mask.name !== 'keep');
  return (value) => {
    if (value === null) return undefined;
    if (isText && firstInvalidUtf8(value) >= 0) return 'RECORD_VALUE_UNFIT';
    return mayHoldToken || !looksLikeToken(value) ? undefined : 'RECORD_LOOKS_SEALED';
  };
}

/** The same, with what is the record's own fault as its code. */
export function coded(treatment: PartTreatment): PartTreatment {
  return (value, keys) => {
    try {
      return treatment(value, keys);
    } catch (error) {
      return recordFault(error);
    }
  };
}
