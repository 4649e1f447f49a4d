import { expect, test } from 'vitest';
import { classify } from '../src/index.ts';

test.each([
  ['x', '4111111111111111', 'card'],
  ['x', 'GB29 NWBK 6016 1331 9268 19', 'iban'],
  ['x', 'a@b.co', 'email'],
  ['x', '123-45-6789', 'ssn'],
  ['ssn', '123456789', 'ssn'],
  ['/customer/phone', '467 3395', 'phone'],
  ['customerPhone', '4673395', 'phone'],
  ['birth_date', '10.12.84', 'date'],
  ['postalCode', '35350', 'zip'],
  ['age', '35', 'age'],
  ['passport_no', 'C01X00T47', 'passport'],
  ['accountNumber', '12345678', 'account'],
  ['ip', '10.0.0.1', 'ip'],
  ['fullName', 'Sofia Jansson', 'name'],
])('the value of %s, %s, looks like %s', (name, value, expected) => {
  expect(classify(name, value)?.class).toBe(expected);
});

test.each([
  ['note', 'call 4111111111111111 about the parcel that was late'],
  ['count', '35350'],
  ['x', ''],
  ['phone', 'none'],
  ['card', '4111111111111112'],
])('the value of %s, %s, as a whole looks like nothing', (name, value) => {
  expect(classify(name, value)).toBeUndefined();
});
