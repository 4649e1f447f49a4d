import { describe, expect, test } from 'vitest';
import { type Dataset, encryptPlan, maskPlan, type Plan, Tally } from '../src/index.ts';
import { datasetWith } from './people.ts';
import { TestKeys } from './test-keys.ts';

/** Every four-digit number: the attack that SECURITY.md describes, on a domain of 10^4. */
const DOMAIN = Array.from({ length: 10_000 }, (_, n) => String(n).padStart(4, '0'));
const keys = new TestKeys();
const ACCEPTED = 'equalityOracle: { accepted: shown by this test }';

/** What somebody sees who may write raw and read the output, and has no key. */
function oracle(plan: Plan): (pin: string) => string {
  const tally = new Tally();
  return (pin) => {
    const verdict = plan.apply(Buffer.from(`{"pin":"${pin}"}`), keys, tally);
    if (!verdict.ok) throw new Error(verdict.code);
    return (JSON.parse(verdict.value.toString()) as { pin: string }).pin;
  };
}

/** The values behind what stands on the output, found by trying all of them. */
function found(plan: Plan, secrets: readonly string[]): (string | undefined)[] {
  const see = oracle(plan);
  const stolen = secrets.map(see);
  const table = new Map(DOMAIN.map((pin) => [see(pin), pin]));
  return stolen.map((seen) => table.get(seen));
}

const secrets = ['0042', '1984', '9999'];
const hashed: Dataset = datasetWith(`/pin: { type: string, mask: hash, ${ACCEPTED} }`);

describe('whoever may write raw and read an output', () => {
  test('finds every value of a domain of 10^4 behind a keyed hash, without the key', () => {
    expect(found(maskPlan(hashed), secrets)).toEqual(secrets);
  });

  test('finds every value behind deterministic tokens, too', () => {
    const seal = 'encrypt: { seal: { deterministic: true } }';
    const dataset = datasetWith(`/pin: { type: string, ${seal}, ${ACCEPTED} }`);
    expect(found(encryptPlan(dataset), secrets)).toEqual(secrets);
  });

  test('finds none behind tokens of the default sealing', () => {
    const dataset = datasetWith('/pin: { type: string }');
    expect(found(encryptPlan(dataset), secrets)).toEqual([undefined, undefined, undefined]);
  });

  test.each(['mask: hash', 'encrypt: { seal: { deterministic: true } }'])(
    'is not given that by a policy that does not accept it: %s',
    (rule) => {
      expect(() => datasetWith(`/pin: { type: string, class: category, ${rule} }`)).toThrow(
        'POLICY_INVALID',
      );
    },
  );
});
