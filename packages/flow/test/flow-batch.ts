import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RecordBatchWriter } from '@sealstream/bus';
import type { BatchEvent, RecordHeaders } from '@sealstream/contracts';
import { type Dataset, datasetOf, parsePolicy } from '@sealstream/policy';
import { MemoryKeys } from '../../crypto/test/memory-keys.ts';
import type { FetchedBatch, FlowTransform } from '../src/flow-transform.ts';

const EXAMPLE = join(import.meta.dirname, '../../../examples/people/sealstream.yaml');

/** The example policy's dataset; `change` edits the text first. */
export function people(change: (text: string) => string = (text) => text): Dataset {
  return datasetOf(parsePolicy(change(readFileSync(EXAMPLE, 'utf8')), 'sealstream.yaml'), 'people');
}

export function newKeys(): MemoryKeys {
  return new MemoryKeys({ AAAAAAAAAAAA: randomBytes(32) });
}

/** A record as a stage fetches it. */
export interface FetchedRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
  readonly timestamp: bigint;
  readonly offset: bigint;
}

/** A batch of partition 3 that begins at offset 100: the records went through Kafka's format. */
export function batchOf(
  records: readonly Partial<FetchedRecord>[],
  oversized: readonly number[] = [],
): FetchedBatch {
  const writer = newWriter();
  for (const record of records) {
    writer.push({ key: null, value: null, headers: [], timestamp: 1_700_000_000_000n, ...record });
  }
  return {
    topic: 'source',
    partition: 3,
    incarnation: Buffer.from('a1b2c3d4', 'hex'),
    from: 100n,
    to: 100n + BigInt(records.length),
    oversized: new Set(oversized),
    records: writer.columns(100),
  };
}

function newWriter(): RecordBatchWriter {
  return new RecordBatchWriter().reset(Number.MAX_SAFE_INTEGER, 0);
}

/** What a batch became: its event, and the records for each topic. */
export interface FlowResult {
  readonly event: BatchEvent;
  readonly outputs: readonly { readonly topic: string; readonly records: FetchedRecord[] }[];
}

/** Runs a transform with real writers, and reads back what it wrote as the next stage would. */
export function resultOf(transform: FlowTransform, batch: FetchedBatch): FlowResult {
  const writers = new Map<string, RecordBatchWriter>();
  const to = (topic: string) => {
    const writer = writers.get(topic) ?? newWriter();
    writers.set(topic, writer);
    return writer;
  };
  const event = transform(batch, { to });
  if (event instanceof Promise) throw new Error('the transform lacks keys');
  const outputs = [...writers].map(([topic, writer]) => {
    return { topic, records: [...writer.columns(100)] };
  });
  return { event, outputs };
}

/** What one stage wrote to a topic, as the next one would fetch it. */
export function outputOf(result: FlowResult, topic: string): FetchedRecord[] {
  return result.outputs.find((output) => output.topic === topic)?.records ?? [];
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
