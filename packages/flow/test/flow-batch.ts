import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Dataset, datasetOf, parsePolicy } from '@sealstream/policy';
import { MemoryKeys } from '../../crypto/test/memory-keys.ts';
import type { FetchedBatch, FetchedRecord, FlowResult } from '../src/accepted-stage.ts';

const EXAMPLE = join(import.meta.dirname, '../../../examples/people/sealstream.yaml');

/** The example policy's dataset; `change` edits the text first. */
export function people(change: (text: string) => string = (text) => text): Dataset {
  return datasetOf(parsePolicy(change(readFileSync(EXAMPLE, 'utf8')), 'sealstream.yaml'), 'people');
}

export function newKeys(): MemoryKeys {
  return new MemoryKeys({ AAAAAAAAAAAA: randomBytes(32) });
}

/** A batch of partition 3 that begins at offset 100. */
export function batchOf(
  records: readonly Partial<FetchedRecord>[],
  oversized: readonly bigint[] = [],
): FetchedBatch {
  return {
    topic: 'source',
    partition: 3,
    incarnation: Buffer.from('a1b2c3d4', 'hex'),
    from: 100n,
    to: 100n + BigInt(records.length),
    oversized: new Set(oversized),
    records: records.map((record, index) => ({
      key: null,
      value: null,
      headers: [],
      timestamp: 1_700_000_000_000n,
      offset: 100n + BigInt(index),
      ...record,
    })),
  };
}

/** What one stage wrote to a topic, as the next one would fetch it. */
export function outputOf(result: FlowResult, topic: string): FetchedRecord[] {
  const records = result.outputs.find((output) => output.topic === topic)?.records ?? [];
  return records.map((record, index) => ({
    key: record.key,
    value: record.value,
    headers: record.headers,
    timestamp: record.timestamp ?? 0n,
    offset: 100n + BigInt(index),
  }));
}

/** Everything that a result would leave on Kafka, as one buffer to be searched. */
export function everyByte(result: FlowResult): Buffer {
  const parts: Buffer[] = [Buffer.from(JSON.stringify(result.event))];
  for (const { records } of result.outputs) {
    for (const { key, value, headers } of records) {
      parts.push(key ?? Buffer.alloc(0), value ?? Buffer.alloc(0));
      for (const [name, bytes] of headers) parts.push(Buffer.from(name), bytes ?? Buffer.alloc(0));
    }
  }
  return Buffer.concat(parts);
}
