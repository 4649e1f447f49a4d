import type { AccessRule } from '@sealstream/bus';
import { datasetTopics, SERVICES } from '@sealstream/contracts';
import { describe, expect, test } from 'vitest';

import { kafkaUsers, oracles } from '../src/kafka-users.ts';

const people = { name: 'people', topics: datasetTopics('people'), maxRecordBytes: 1_048_576 };
const groups = { ...people, kAnonymity: {} };
const users = kafkaUsers([people]);

/** What a user may do with topics, as `operation name`. */
function topicsOf(name: string, among = users): string[] {
  const user = among.find((one) => one.name === name);
  return (user?.rules ?? [])
    .filter(({ resource }) => resource === 'topic')
    .map((rule) => `${rule.operation} ${rule.name}`)
    .toSorted();
}

describe('the users of the flow', () => {
  test('are every service, access with the signer, the operator and three examples', () => {
    expect(users.map(({ name }) => name)).toEqual([
      ...SERVICES,
      'access-keys',
      'operator',
      'producer',
      'consumer-masked',
      'consumer-encrypted',
    ]);
  });

  test('mask reads what is accepted and writes what it makes, and nothing else of a dataset', () => {
    expect(topicsOf('mask')).toEqual([
      'describeConfigs audit.events.mask',
      'describeConfigs masked.people',
      'describeConfigs rejected.people',
      'read accepted.people',
      'read keyring',
      'read mask.state.people',
      'read sealstream.control',
      'write audit.events.mask',
      'write masked.people',
      'write rejected.people',
    ]);
    expect(topicsOf('mask', kafkaUsers([groups]))).toContain('write mask.state.people');
  });

  test('ingest alone reads raw for the flow and deletes behind itself', () => {
    const readers = users.filter(({ name }) => topicsOf(name).includes('read raw.people'));
    expect(readers.map(({ name }) => name)).toEqual(['ingest', 'operator']);
    expect(topicsOf('ingest')).toContain('delete raw.people');
  });

  test('anomaly-alert reads no topic with records of a dataset', () => {
    const read = topicsOf('anomaly-alert').filter((right) => right.startsWith('read '));
    expect(read.filter((right) => right.includes('people'))).toEqual([]);
  });

  test('access writes no head and reads nothing sealed but rejects, save as the user with the signer', () => {
    const more = topicsOf('access-keys').filter((right) => !topicsOf('access').includes(right));
    expect(more).toEqual([
      'describeConfigs keyring',
      'read accepted.people',
      'read encrypted.people',
      'read mask.state.people',
      'write keyring',
    ]);
    expect(topicsOf('access-keys')).not.toContain('read raw.people');
  });

  test('have no rule for every name, for the cluster or for everybody, and none of prefixed topics', () => {
    for (const { principal, name, pattern, resource } of users.flatMap(({ rules }) => rules)) {
      expect([principal, name]).not.toContain('*');
      expect(resource).not.toBe('cluster');
      if (pattern === 'prefixed') expect(resource).toBe('transactionalId');
    }
  });

  test('none can try values: nobody writes raw and reads what becomes of it', () => {
    expect(
      oracles(
        users.flatMap(({ rules }) => rules),
        [people],
      ),
    ).toEqual([]);
  });
});

describe('whoever could try values is found', () => {
  const rule = (changed: Partial<AccessRule>): AccessRule => ({
    principal: 'User:x',
    permission: 'allow',
    operation: 'read',
    resource: 'topic',
    pattern: 'literal',
    name: 'raw.people',
    host: '*',
    ...changed,
  });
  const writes = rule({ operation: 'write' });

  test.each<[string, AccessRule[]]>([
    ['by name', [writes, rule({ name: 'masked.people' })]],
    ['of encrypted', [writes, rule({ name: 'encrypted.people' })]],
    ['by every operation', [writes, rule({ name: 'masked.people', operation: 'all' })]],
    ['by prefix', [writes, rule({ name: 'mask', pattern: 'prefixed' })]],
    ['by every name', [writes, rule({ name: '*' })]],
    ['by what everybody may', [writes, rule({ name: 'masked.people', principal: 'User:*' })]],
    [
      'despite a rule that denies',
      [
        writes,
        rule({ name: 'masked.people' }),
        rule({ name: 'masked.people', permission: 'deny' }),
      ],
    ],
  ])('%s', (_, rules) => {
    expect(oracles(rules, [people])).toEqual([{ principal: 'User:x', dataset: 'people' }]);
  });

  test('and nobody else: another user, another kind of resource', () => {
    expect(
      oracles([writes, rule({ name: 'masked.people', principal: 'User:y' })], [people]),
    ).toEqual([]);
    expect(oracles([writes, rule({ name: 'masked.people', resource: 'group' })], [people])).toEqual(
      [],
    );
  });
});
