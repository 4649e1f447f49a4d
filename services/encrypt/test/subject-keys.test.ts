import { SealstreamError, SUBJECT_HEADER } from '@sealstream/contracts';
import type { KeySource, SubjectKeySource } from '@sealstream/crypto';
import { AcceptedCodec, EncryptedOpener, encodeSourceMark } from '@sealstream/flow';
import type { Dataset } from '@sealstream/policy';
import { describe, expect, it } from 'vitest';
import {
  batchOf,
  everyByte,
  newKeys,
  outputOf,
  people,
  resultOf,
} from '../../../packages/flow/test/flow-batch.ts';
import { acceptedToEncrypted } from '../src/accepted-to-encrypted.ts';

const value = (ssn: string) =>
  Buffer.from(`{"first_name":"Al","last_name":"Smith","ssn":"${ssn}","email":"a@b.example"}`);

/** Keys of subjects that are not in memory before they were brought, or never are. */
class LazySubjects implements SubjectKeySource {
  readonly #keys = newKeys();
  readonly #known = new Set<number>();
  readonly #wanted = new Set<number>();
  brings = 0;

  get wants(): boolean {
    return this.#wanted.size > 0;
  }

  active(...[use, bytes, index]: Parameters<SubjectKeySource['active']>) {
    return this.#of(bytes[index] ?? 0, () => this.#keys.active(use));
  }

  byId(use: Parameters<SubjectKeySource['byId']>[0], id: string) {
    return this.#of(0, () => this.#keys.byId(use, id));
  }

  async bring(): Promise<void> {
    this.brings += 1;
    for (const one of this.#wanted) this.#known.add(one);
    this.#wanted.clear();
  }

  #of<T>(subject: number, give: () => T): T {
    if (this.#known.has(subject)) return give();
    this.#wanted.add(subject);
    throw new SealstreamError('SUBJECT_KEYS_WANTED');
  }
}

function keysWith(more: Partial<KeySource>): KeySource {
  return Object.assign(newKeys(), more);
}

/** A record of accepted.D about the subject whose index is so many times one byte. */
function accepted(dataset: Dataset, keys: KeySource, subject: number | null, ssn = '123-45-6789') {
  const mark = encodeSourceMark({
    policyId: dataset.policyId,
    incarnation: Buffer.from('01020304', 'hex'),
    partition: 3,
    offset: 77n,
    attempt: 0,
    branch: 'both',
  });
  const index = subject === null ? null : Buffer.alloc(16, subject);
  const envelope = { key: null, value: value(ssn), headers: [], timestamp: 1n, subject: index };
  return new AcceptedCodec('people').seal(keys, mark, null, envelope);
}

describe('records of subjects', () => {
  const dataset = people();

  it('whose keys are not in memory are asked for all at once, and none is written before', async () => {
    const subjects = new LazySubjects();
    const keys = keysWith({ subjects });
    const transform = acceptedToEncrypted(dataset, keys);
    const batch = batchOf([1, 2, 1, 3].map((subject) => accepted(dataset, keys, subject)));
    await expect(async () => resultOf(transform, batch)).rejects.toThrow('lacks keys');
    await subjects.bring();
    const result = resultOf(transform, batch);
    expect(subjects.brings).toBeGreaterThanOrEqual(1);
    expect(outputOf(result, dataset.topics.encrypted)).toHaveLength(4);
    expect(everyByte(result).includes('123-45-6789')).toBe(false);
  });

  it('that were shredded are rejected, and the others written', () => {
    const shreds = { count: 1, has: (bytes: Buffer, at: number) => bytes[at] === 2 };
    const keys = keysWith({ shreds });
    const batch = batchOf([1, 2, 3].map((subject) => accepted(dataset, keys, subject)));
    const result = resultOf(acceptedToEncrypted(dataset, keys), batch);
    expect(outputOf(result, dataset.topics.encrypted)).toHaveLength(2);
    expect(result.event.rejected).toEqual({ SUBJECT_SHREDDED: 1 });
  });

  it('of which nobody knows the subject are rejected: no other key may seal them', () => {
    const keys = newKeys();
    const batch = batchOf([accepted(dataset, keys, null)]);
    const result = resultOf(acceptedToEncrypted(dataset, keys), batch);
    expect(outputOf(result, dataset.topics.encrypted)).toHaveLength(0);
    expect(result.event.rejected).toEqual({ RECORD_MISSING_FIELD: 1 });
  });
});

describe('fields that are bound', () => {
  const bound = people((text) =>
    text.replace(
      '/email:          { type: string, mask: keep, encrypt: seal }',
      '/email: { type: string, mask: keep, encrypt: { seal: { bind: [subject, record-id] } } }',
    ),
  );

  it('open in their record by its headers, and not with those of another', async () => {
    const keys = newKeys();
    const batch = batchOf([1, 2].map((subject) => accepted(bound, keys, subject)));
    const transform = acceptedToEncrypted(bound, keys);
    const [one, other] = outputOf(resultOf(transform, batch), bound.topics.encrypted);
    expect(one.headers.map(([name]) => name)).toContain(SUBJECT_HEADER);
    const opener = new EncryptedOpener(bound, keys);
    const moved = { ...one, headers: other.headers };
    const without = { ...one, headers: [] };
    const opened = await opener.openAll([one, moved, without]);
    expect(opened[0]).toMatchObject({ ok: true, value: value('123-45-6789') });
    for (const refused of opened.slice(1))
      expect(refused).toMatchObject({ ok: false, code: 'RECORD_NOT_AUTHENTIC', path: '/email' });
  });
});

describe('an opener', () => {
  it('brings the keys of all records at once, and gives up on keys that never come', async () => {
    const dataset = people();
    const subjects = new LazySubjects();
    const sealing = newKeys();
    const batch = batchOf([accepted(dataset, sealing, 1), accepted(dataset, sealing, 2)]);
    const records = outputOf(
      resultOf(acceptedToEncrypted(dataset, sealing), batch),
      dataset.topics.encrypted,
    );
    const opener = new EncryptedOpener(dataset, keysWith({ subjects }));
    const opened = await opener.openAll(records);
    expect(opened).toHaveLength(2);
    expect(subjects.brings).toBe(1);
    const never: SubjectKeySource = {
      active: (...given) => new LazySubjects().active(...given),
      byId: (...given) => new LazySubjects().byId(...given),
      wants: true,
      bring: () => Promise.resolve(),
    };
    const waiting = new EncryptedOpener(dataset, keysWith({ subjects: never }));
    await expect(waiting.openAll(records)).rejects.toThrow('SUBJECT_KEYS_WANTED');
  });
});
