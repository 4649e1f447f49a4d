import { isIP } from 'node:net';

import { domainFrom, isoDate } from '@sealstream/masking';
import type { PiiClass } from '@sealstream/pii';

/** Of the part before the at sign nothing stays, so what stands around an address must not be in it. */
const EMAIL = /^[^\s@<>"]{1,64}@[^@]+$/;

const bytesOf = (value: string): [Buffer, number, number] => {
  const bytes = Buffer.from(value);
  return [bytes, 0, bytes.length];
};

/**
 * The form that the mask of a draft needs. A value is classified by most of its characters; what stands
 * around it would be shown by one mask and refused by another.
 */
const FORMS: Partial<Record<PiiClass, (value: string) => boolean>> = {
  card: (value) => /^[\d -]+$/.test(value),
  ssn: (value) => /^\d{3}[ -]?\d{2}[ -]?\d{4}$/.test(value),
  phone: (value) => /^[\d ()+./-]+$/.test(value),
  email: (value) => EMAIL.test(value) && domainFrom(...bytesOf(value)) > 0,
  ip: (value) => isIP(value) !== 0 && !value.includes('%'),
  date: (value) => isoDate(...bytesOf(value)) !== undefined,
  zip: (value) => /^\d{5}(-?\d{4})?$/.test(value),
};

/** Whether a value of this class is that and nothing else, in the form that a mask treats. */
export function isInForm(found: PiiClass, value: string): boolean {
  return FORMS[found]?.(value) ?? true;
}
