import { isIP } from 'node:net';

import type { PiiClass } from '@sealstream/pii';

const EMAIL = /^[^\s@<>"]{1,64}@[^\s@<>"]+\.[^\s@<>".]+$/;
const ISO_DATE =
  /^\d{4}-\d\d-\d\d([Tt ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d{1,12})?)?([Zz]|[+-][0-2]\d:?[0-5]\d)?)?$/;

/**
 * The form that the mask of a draft needs. A value is classified by most of its characters; what stands
 * around it would be shown by one mask and refused by another.
 */
const FORMS: Partial<Record<PiiClass, (value: string) => boolean>> = {
  card: (value) => /^[\d -]+$/.test(value),
  ssn: (value) => /^\d{3}[ -]?\d{2}[ -]?\d{4}$/.test(value),
  phone: (value) => /^[\d ()+./-]+$/.test(value),
  email: (value) => EMAIL.test(value),
  ip: (value) => isIP(value) !== 0 && !value.includes('%'),
  date: (value) => ISO_DATE.test(value),
  zip: (value) => /^\d{5}(-?\d{4})?$/.test(value),
};

/** Whether a value of this class is that and nothing else, in the form that a mask treats. */
export function isInForm(found: PiiClass, value: string): boolean {
  return FORMS[found]?.(value) ?? true;
}
