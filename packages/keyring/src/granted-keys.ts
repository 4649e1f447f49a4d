import type { Grant, GrantField } from '@sealstream/contracts';
import { SealstreamError } from '@sealstream/contracts';
import {
  copyKey,
  deriveKey,
  type FieldForm,
  type Format,
  type KeyHandle,
  type KeyUse,
} from '@sealstream/crypto';
import sodium from 'sodium-native';
import type { KeysetDocument } from './keyset-document.ts';
import type { OpenedKeyset } from './opened-keyset.ts';

type GrantedField = Grant['fields'][number];

/** What a key of each form is derived for. */
const FORMATS: Readonly<Record<FieldForm, Format>> = {
  token: 'field-token',
  jwe: 'jwe',
  fernet: 'fernet',
};

/** The one use that the keys of a granted field are derived for. */
export function useOf(dataset: string, field: GrantField): KeyUse {
  const { algorithm, form, path, purpose } = field;
  return { purpose, algorithm, format: FORMATS[form], dataset, path };
}

/**
 * A field with its derived keys, of every key of the keyset that still opens; a field under keys of
 * subjects has none.
 *
 * @param slot 32 bytes of guarded memory to derive in; zero when this returns
 * Throws KEY_NOT_ACTIVE when no key of the field's algorithm opens.
 */
export function grantedField(
  field: GrantField,
  { dataset, keys }: KeysetDocument,
  opened: OpenedKeyset,
  slot: Buffer,
): GrantedField {
  const use = useOf(dataset, field);
  const usable = keys.filter(
    ({ algorithm, state }) =>
      algorithm === field.algorithm && (state === 'active' || state === 'decrypt-only'),
  );
  if (usable.length === 0)
    throw new SealstreamError('KEY_NOT_ACTIVE', {
      keyset: opened.name,
      algorithm: field.algorithm,
    });
  const nonceUse: KeyUse | undefined =
    field.algorithm === 'xchacha20-poly1305-siv'
      ? { ...use, format: 'synthetic-nonce' }
      : undefined;
  return {
    ...field,
    keys: usable.map(({ id }) => {
      const stored = opened.byId(id, field.algorithm);
      const derived = (of: KeyUse) => keyText(slot, (to) => deriveKey(stored, of, to));
      const key = derived(use);
      return nonceUse === undefined ? { id, key } : { id, key, nonceKey: derived(nonceUse) };
    }),
  };
}

/** A derived key as text. The text cannot be zeroed, which is the price of JSON. */
export function keyText(slot: Buffer, fill: (slot: Buffer) => unknown): string {
  try {
    fill(slot);
    return slot.toString('base64url');
  } finally {
    sodium.sodium_memzero(slot);
  }
}

/** The same of a key that is derived already. */
export function textOfKey(key: KeyHandle, slot: Buffer): string {
  return keyText(slot, (to) => copyKey(key, to));
}
