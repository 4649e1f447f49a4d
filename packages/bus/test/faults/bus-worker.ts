// The bus as a program of its own, to be asked what a fault makes of it.
import { createRequire } from 'node:module';
import { type Bus, openBus, type Stage } from '../../src/index.ts';
import { produceRequest } from '../../src/wire/produce-request.ts';
import { decodeRecordBatches } from '../../src/wire/record-batch-decoder.ts';
import { encodeRecordBatch } from '../../src/wire/record-batch-encoder.ts';
import { RecordBatchWriter } from '../../src/wire/record-batch-writer.ts';
import { logger } from '../quiet-logger.ts';
import { passOn } from '../workers.ts';
import { countedAllocations, countedArraySteps, countedIdling, leastCpuMs } from './counting.ts';
import type {
  Allocations,
  BatchToEncode,
  CopyOptions,
  CopyState,
  Decoded,
  Encoded,
  FaultClient,
  PlainRecord,
} from './fault-client.ts';
import { answersInPieces, refusal, sendingAllocations } from './lone-connection.ts';
import { serve } from './remote.ts';

/** Finds the kafkajs with our patch, which every request of the bus goes through. */
const patched = createRequire(import.meta.url);
const PLAIN = { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false };
const dated = (record: PlainRecord) => ({ ...record, timestamp: BigInt(record.timestamp) });
const textOf = (value: Buffer | null) => value?.toString() ?? '';

class BusClient implements FaultClient {
  #named: { groupInstanceId?: string } = {};
  #bus: Bus | undefined;
  #stage: Stage | undefined;
  #ended = '';
  #lost: string[] = [];

  async encode(batches: readonly BatchToEncode[]): Promise<Encoded[]> {
    return batches.map(({ records, ...producer }) => {
      try {
        return encodeRecordBatch(records.map(dated), producer, 0n);
      } catch (error) {
        return refusal(error);
      }
    });
  }

  async decode(batches: readonly Buffer[]): Promise<Decoded[]> {
    return batches.map((bytes) => {
      try {
        const { records } = decodeRecordBatches(bytes, 0n, []);
        return Array.from(records, ({ key, value, headers, timestamp }) => {
          return { key, value, headers, timestamp: Number(timestamp) };
        });
      } catch (error) {
        return refusal(error);
      }
    });
  }

  async allocationsOfBatch({ records, ...producer }: BatchToEncode): Promise<Allocations> {
    const writer = new RecordBatchWriter();
    const all = records.map(dated);
    const write = () => {
      writer.reset(Number.MAX_SAFE_INTEGER, 0);
      for (const record of all) writer.push(record);
      writer.finish(producer);
    };
    write();
    return countedAllocations(write);
  }

  async allocationsOfSending(batchBytes: number): Promise<Allocations> {
    const batch = Buffer.alloc(batchBytes, 'b');
    const request = produceRequest({
      parts: [{ topic: 't', partition: 0, batch }],
      transactionalId: null,
      timeoutMs: 1000,
    });
    return sendingAllocations(patched, request, batch);
  }

  async answersInPieces(
    sockets: readonly Buffer[],
    pieceBytes: number,
  ): Promise<readonly Buffer[]> {
    return answersInPieces(patched, sockets, pieceBytes);
  }

  async arraySteps(records: number): Promise<number> {
    const all = Array.from({ length: records }, () => ({ key: null, value: Buffer.alloc(8) }));
    return countedArraySteps(() => encodeRecordBatch(all, PLAIN, 0n));
  }

  async checksumCpuMs(sizeBytes: number): Promise<number> {
    const batch = encodeRecordBatch([{ key: null, value: Buffer.alloc(sizeBytes) }], PLAIN, 0n);
    return leastCpuMs(() => decodeRecordBatches(batch, 0n, []));
  }

  async connect(brokers: string, clientId: string, instanceId?: string): Promise<void> {
    this.#named = instanceId === undefined ? {} : { groupInstanceId: instanceId };
    this.#bus = await openBus({ brokers: brokers.split(','), clientId, logger });
  }

  get #connected(): Bus {
    if (this.#bus === undefined) throw new Error('connect first');
    return this.#bus;
  }

  async append(
    topic: string,
    values: Readonly<Record<number, readonly string[]>>,
  ): Promise<string[]> {
    const written = await Promise.allSettled(
      Object.entries(values).map(([partition, texts]) => {
        const records = texts.map((text) => ({ key: null, value: Buffer.from(text) }));
        return this.#connected.append(topic, Number(partition), records);
      }),
    );
    return written.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
  }

  async readCommitted(topic: string, from: bigint, last: string): Promise<string[]> {
    const starts = [{ topic, partition: 0, offset: from }];
    const values: string[] = [];
    for await (const { records } of this.#connected.read({ starts }))
      for (const { value } of records) {
        values.push(textOf(value));
        if (textOf(value) === last) return values;
      }
    throw new Error('the reader ended');
  }

  async startCopy(options: CopyOptions): Promise<void> {
    const { group, source, out, batchRecords, sessionMs = 6000 } = options;
    this.#ended = '';
    this.#lost = [];
    this.#stage = await this.#connected.stage({
      name: 'copy',
      groupId: group,
      ...this.#named,
      source,
      outputs: [out],
      batchRecords,
      lingerMs: 1,
      sessionTimeoutMs: sessionMs,
      heartbeatMs: 200,
      transform: passOn(out),
      observer: { onLost: (_, from, to) => this.#lost.push(`[${from}, ${to})`) },
    });
    this.#stage.failed.catch((error: unknown) => {
      this.#ended = String(error);
    });
  }

  async copyState(): Promise<CopyState> {
    const lanes = this.#stage?.lanes() ?? [];
    const ready = lanes.filter(({ state }) => state === 'running');
    const paused = lanes.find(({ state }) => state === 'paused');
    const ended = this.#ended || (paused?.code ?? '');
    return { partitions: ready.length, ended, lost: this.#lost };
  }

  async stopCopy(): Promise<void> {
    await this.#stage?.stop();
  }

  idle(forMs: number) {
    return countedIdling(forMs);
  }

  async askAtOnce(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#answered()));
  }

  /**
   * One question, asked again when it fell to a connection of which nobody had heard yet that it
   * is cut, as kafkajs does by itself.
   */
  async #answered(): Promise<void> {
    for (let asked = 1; ; asked += 1) {
      try {
        await this.#connected.ping();
        return;
      } catch (error) {
        if (asked === 3) throw error;
      }
    }
  }

  async topicIdentity(topic: string): Promise<string> {
    const topics = await this.#connected.admin.topics([topic]);
    return topics.map(({ id }) => id.toString('hex')).join();
  }
}

serve(new BusClient());
