import { expect, test } from 'vitest';

import { signInRefusal } from '../src/kafka-errors.ts';

const named = (name: string, more: object = {}) =>
  Object.assign(new Error('text'), { name, ...more });

test('a refused sign-in is told from brokers that are away, also inside the errors of retries', () => {
  const refused = named('KafkaJSSASLAuthenticationError');
  expect(signInRefusal(refused)).toBe('SASL_AUTHENTICATION_FAILED');
  const wrapped = named('KafkaJSNumberOfRetriesExceeded', { cause: refused });
  expect(signInRefusal(wrapped)).toBe('SASL_AUTHENTICATION_FAILED');
  expect(signInRefusal(named('KafkaJSConnectionError', { code: 'ECONNREFUSED' }))).toBe('');
  expect(signInRefusal('text')).toBe('');
});

test.each(['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID'])(
  'a certificate that is not believed is told by its code: %s',
  (code) => {
    expect(signInRefusal(named('KafkaJSConnectionError', { code }))).toBe(code);
  },
);
