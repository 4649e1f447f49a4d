import { describe, expect, test } from 'vitest';
import {
  checkPlan,
  type Dataset,
  encryptPlan,
  maskPlan,
  Tally,
  type Verdict,
} from '../src/index.ts';
import { people } from './people.ts';
import { TestKeys } from './test-keys.ts';

const keys = new TestKeys();
const ALICE =
  '{"first_name":"Alice","last_name":"Smith","ssn":"123-45-6789","email":"alice.smith@email.com"}';

/** The refusal of each stage that takes raw records; all must agree. */
function refusal(dataset: Dataset, text: string): Verdict {
  const bytes = Buffer.from(text);
  const checked = checkPlan(dataset).check(bytes);
  for (const plan of [maskPlan(dataset), encryptPlan(dataset)])
    expect(plan.apply(bytes, keys, new Tally())).toEqual(checked);
  return checked;
}

describe('the subject of a record', () => {
  test('a second subject is refused by every stage: nobody knows whom the record is about', () => {
    for (const name of ['ssn', '\\u0073sn'])
      expect(
        refusal(people(), ALICE.replace('"email"', `"${name}":"987-65-4321","email"`)),
      ).toMatchObject({ code: 'RECORD_DUPLICATE_FIELD', path: '/ssn' });
  });

  test('the check tells the subject of a record that passed, as the text it stands for', () => {
    const plan = checkPlan(people());
    for (const written of ['123-45-6789', '\\u0031\\u0032\\u0033-45-6789']) {
      expect(plan.check(Buffer.from(ALICE.replace('123-45-6789', written))).ok).toBe(true);
      const { bytes, from, to } = plan.subject() ?? expect.unreachable();
      expect(bytes.toString('utf8', from, to)).toBe('123-45-6789');
    }
    const nobody = checkPlan(people(['    subject: /ssn', '']));
    nobody.check(Buffer.from(ALICE));
    expect(nobody.subject()).toBeUndefined();
  });
});
