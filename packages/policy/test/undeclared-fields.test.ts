import { describe, expect, test } from 'vitest';
import { checkPlan, type Dataset, encryptPlan, maskPlan, Tally } from '../src/index.ts';
import { datasetWith } from './people.ts';
import { TestKeys } from './test-keys.ts';

const keys = new TestKeys();
const CARD = '4111111111111111';
const dataset = (unknownFields: string, rule = '') =>
  datasetWith('/id: { type: string, mask: keep }', `    unknownFields: ${unknownFields}\n${rule}`);

/** What the check says an unknown field looks like; the code when it refuses. */
function looksLike(of: Dataset, text: string): string | undefined {
  const plan = checkPlan(of);
  const verdict = plan.check(Buffer.from(text));
  return verdict.ok ? plan.undeclared() : verdict.code;
}

describe('a field that the policy does not name', () => {
  test.each([
    [`{"id":"1","n":"${CARD}"}`, 'card'],
    [`{"id":"1","n":${CARD}}`, 'card'],
    [`{"n":"${CARD}","id":"1"}`, 'card'],
    [`{"id":"1","a":{"b":["x","123-45-6789"]}}`, 'ssn'],
    [`{"id":"1","a":"ok","b":"mail to ann@example.org"}`, 'email'],
    [`{"id":"1","n":"DE89 3704 0044 0532 0130 00"}`, 'iban'],
    [`{"id":"1","n":"4111111111111112"}`, undefined],
    [`{"id":"1","a\\"${CARD}":"x"}`, undefined],
    [`{"id":"${CARD}"}`, undefined],
    [`{"id":"1","n":null,"m":"hello","k":12.5}`, undefined],
  ])('%s looks like %s, dropped or sealed', (text, expected) => {
    expect(looksLike(dataset('drop'), text)).toBe(expected);
    expect(looksLike(dataset('encrypt'), text)).toBe(expected);
  });

  test('is refused by every stage alike where the policy says so', () => {
    const bytes = Buffer.from(`{"id":"1","n":"${CARD}"}`);
    for (const unknown of ['drop', 'encrypt']) {
      const of = dataset(unknown, '    undeclaredPersonalData: reject\n');
      const refusal = { ok: false, code: 'RECORD_LOOKS_PERSONAL', path: '/*' };
      expect(checkPlan(of).check(bytes)).toMatchObject(refusal);
      for (const plan of [maskPlan(of), encryptPlan(of)])
        expect(plan.apply(bytes, keys, new Tally())).toMatchObject(refusal);
      expect(checkPlan(of).check(Buffer.from('{"id":"1","n":"x"}')).ok).toBe(true);
    }
  });

  test('is not looked at where nobody wants to know, and not where it is refused anyway', () => {
    const text = `{"id":"1","n":"${CARD}"}`;
    const ignored = dataset('drop', '    undeclaredPersonalData: ignore\n');
    expect(looksLike(ignored, text)).toBeUndefined();
    expect(looksLike(dataset('reject'), text)).toBe('RECORD_UNKNOWN_FIELD');
  });

  test('says nothing of the record before', () => {
    const plan = checkPlan(dataset('drop'));
    plan.check(Buffer.from(`{"id":"1","n":"${CARD}"}`));
    plan.check(Buffer.from('{"id":"2"}'));
    expect(plan.undeclared()).toBeUndefined();
  });
});
