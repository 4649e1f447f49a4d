import { describe, expect, test } from 'vitest';

import { UnknownSchemaFields } from '../src/unknown-schema-fields.ts';

const HOLD_MS = 1000;
const met = (details: Record<string, string | number>) => ({ dataset: 'people', details });
const dropped = (schemaId: number, unknown: string) =>
  met({ schemaId, unknown, unknownFields: 'drop' });

function judged(rule: UnknownSchemaFields, nowMs: number) {
  return rule.conditions(nowMs)[0];
}

describe('unknown-schema-fields', () => {
  test('a schema whose fields the policy names raises nothing', () => {
    const rule = new UnknownSchemaFields(HOLD_MS);
    rule.event(met({ schemaId: 7 }), 0);
    expect(rule.conditions(0)).toEqual([]);
  });

  test('names the fields and what becomes of them, and stays for its hold', () => {
    const rule = new UnknownSchemaFields(HOLD_MS);
    rule.event(dropped(7, '/nickname'), 100);
    expect(judged(rule, 1099)).toMatchObject({
      id: 'unknown-schema-fields/people',
      signal: 'bad',
      seen: 'schema 7 (unknownFields: drop): /nickname',
      sinceMs: 100,
    });
    expect(judged(rule, 1100)?.signal).toBe('good');
  });

  test('tells of a schema whose records are rejected', () => {
    const rule = new UnknownSchemaFields(HOLD_MS);
    rule.event(met({ schemaId: 8, problems: 'RECORD_WRONG_TYPE /ssn', unknown: '/a' }), 0);
    expect(judged(rule, 0)?.seen).toBe('schema 8 (rejected): RECORD_WRONG_TYPE /ssn');
  });

  test('counts schemas, as one alert, however many are registered', () => {
    const rule = new UnknownSchemaFields(HOLD_MS);
    for (let id = 0; id < 500; id += 1) rule.event(dropped(id, '/x'), id);
    expect(rule.conditions(499)).toHaveLength(1);
    expect(judged(rule, 499)).toMatchObject({
      seen: '100 or more schemas; the last is schema 499 (unknownFields: drop): /x',
      sinceMs: 0,
    });
  });

  test('begins anew after its hold', () => {
    const rule = new UnknownSchemaFields(HOLD_MS);
    rule.event(dropped(1, '/x'), 0);
    rule.event(dropped(2, '/y'), HOLD_MS);
    expect(judged(rule, HOLD_MS)).toMatchObject({
      seen: 'schema 2 (unknownFields: drop): /y',
      sinceMs: HOLD_MS,
    });
  });
});
