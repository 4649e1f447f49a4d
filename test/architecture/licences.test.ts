import { expect, test } from 'vitest';
import {
  ALLOWED_LICENCES,
  forbiddenLicences,
  productionLicences,
} from '../../tools/supply-chain/licences.ts';

test('every production dependency has a licence that is on the list', async () => {
  const packages = await productionLicences();
  expect(packages.length).toBeGreaterThan(90);
  expect(forbiddenLicences(packages, ALLOWED_LICENCES)).toEqual([]);
}, 120_000);

test('a licence that is not on the list, unknown or an expression is found', () => {
  const licences = ['GPL-3.0-only', 'Unknown', 'MIT OR GPL-2.0', 'mit', ''];
  const planted = licences.map((licence) => ({ name: 'x', licence }));
  expect(forbiddenLicences(planted, ALLOWED_LICENCES)).toHaveLength(licences.length);
  expect(forbiddenLicences([{ name: 'x', licence: 'MIT' }], ALLOWED_LICENCES)).toEqual([]);
});
