import { describe, expect, test } from 'vitest';
import { explain, shredPlan } from '../src/index.ts';
import { datasetWith, people } from './people.ts';

const at = (dataset: Parameters<typeof explain>[0], path: string) =>
  explain(dataset, path).map(({ topic, ...part }) => [topic, part] as const);

describe('explain', () => {
  test('tells every field of the example on both outputs, and the key and headers first', () => {
    const dataset = people();
    const told = explain(dataset);
    const named = ['#key', '#header/traceparent', ...dataset.fields.map(({ path }) => path)];
    expect(told.map(({ path, topic }) => [path, topic])).toEqual(
      named.flatMap((path) => [
        [path, 'masked.people'],
        [path, 'encrypted.people'],
      ]),
    );
    for (const part of told)
      for (const words of [part.treatment, part.becomes, part.keeps, part.back])
        expect(words).not.toBe('');
  });

  test('says of one field what stands there, what shows, and who gets it back', () => {
    expect(at(people(), '/ssn')).toEqual([
      [
        'masked.people',
        {
          path: '/ssn',
          treatment: 'partial {"hideLast":4}',
          becomes: 'text',
          shows: 'part',
          keeps: 'the characters named, separators, length',
          back: 'nobody',
          afterShred: 'one-way',
        },
      ],
      [
        'encrypted.people',
        {
          path: '/ssn',
          treatment: 'seal',
          becomes: 'token under xchacha20-poly1305',
          shows: 'nothing',
          keeps: 'its length, rounded up',
          back: 'who holds the keys of subject, or a grant of this field',
          afterShred: 'opens-no-more',
        },
      ],
    ]);
    expect(explain(people(), '/nobody')).toEqual([]);
  });

  test('writes sealing as the policy does, and says when a value survives a shred', () => {
    const subject = '    subject: /id\n    required: [/id]\n';
    const fields = [
      '/id: { type: string }',
      '/a: { type: string, survivesShred: true }',
      '/b: { type: string, class: uuid, survivesShred: true, encrypt: { seal: { deterministic: true } } }',
      '/c: { type: string, survivesShred: true, encrypt: { seal: { form: jwe, pad: none } } }',
      '/d: { type: string, encrypt: { seal: { bind: [record-id] } } }',
      '/e: { type: string, encrypt: drop }',
    ].join('\n');
    const sealed = explain(datasetWith(fields, subject)).filter(
      ({ path, topic }) => topic === 'encrypted.d' && path.startsWith('/'),
    );
    expect(
      sealed.map(({ path, treatment, shows, afterShred }) => [path, treatment, shows, afterShred]),
    ).toEqual([
      ['/id', 'seal', 'nothing', 'opens-no-more'],
      ['/a', 'seal {"survivesShred":true}', 'nothing', 'still-opens'],
      ['/b', 'seal {"deterministic":true,"survivesShred":true}', 'equality', 'still-opens'],
      ['/c', 'seal {"form":"jwe","pad":"none","survivesShred":true}', 'nothing', 'still-opens'],
      ['/d', 'seal {"bind":["record-id"]}', 'nothing', 'opens-no-more'],
      ['/e', 'drop', 'nothing', 'nothing'],
    ]);
  });

  test('tells what becomes of unknown fields, unless they are rejected', () => {
    const unknown = (rules: string) =>
      explain(datasetWith('/id: { type: string }', rules))
        .filter(({ path }) => path === '(unknown)')
        .map(({ afterShred, topic, treatment }) => [topic, treatment, afterShred]);
    const subject = '    subject: /id\n    required: [/id]\n';
    expect(unknown('')).toEqual([]);
    expect(unknown('    unknownFields: drop\n')).toEqual([
      ['masked.d', 'drop', 'no subject'],
      ['encrypted.d', 'drop', 'no subject'],
    ]);
    expect(unknown(`    unknownFields: encrypt\n${subject}`)).toEqual([
      ['masked.d', 'drop', 'nothing'],
      ['encrypted.d', 'seal', 'opens-no-more'],
    ]);
  });

  test('a shred plan lists unknown fields where they are sealed', () => {
    const rules = '    subject: /id\n    required: [/id]\n    unknownFields: encrypt\n';
    expect(shredPlan(datasetWith('/id: { type: string }', rules))).toContainEqual({
      path: '(unknown)',
      topic: 'encrypted.d',
      treatment: 'seal',
      after: 'opens-no-more',
    });
  });
});
