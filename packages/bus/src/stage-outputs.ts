import { SealstreamError } from '@sealstream/contracts';
import { RecordBatchWriter } from './wire/record-batch-writer.ts';

/** What a batch of one partition becomes: a writer for each topic of the stage, used again. */
export class StageOutputs {
  readonly #writers = new Map<string, RecordBatchWriter>();

  constructor(topics: readonly string[]) {
    for (const topic of topics) this.#writers.set(topic, new RecordBatchWriter());
  }

  /** Empties all of them; `limits` gives each topic's max.message.bytes. */
  reset(limits: ReadonlyMap<string, number>, nowMs: number): void {
    for (const [topic, writer] of this.#writers) writer.reset(limits.get(topic) ?? 0, nowMs);
  }

  /** Where records for a topic go. Throws INTERNAL when the stage did not name it. */
  to(topic: string): RecordBatchWriter {
    const writer = this.#writers.get(topic);
    if (writer === undefined) throw new SealstreamError('INTERNAL', { topic });
    return writer;
  }

  /** Topics with something to write, each with its writer. */
  *filled(): Generator<[string, RecordBatchWriter], undefined> {
    for (const entry of this.#writers) if (entry[1].length > 0) yield entry;
    return undefined;
  }

  /** The first topic for which records are too large, with their source offsets. */
  oversized(): { readonly topic: string; readonly offsets: readonly number[] } | undefined {
    for (const [topic, { oversized }] of this.#writers)
      if (oversized.length > 0) return { topic, offsets: oversized };
    return undefined;
  }
}
