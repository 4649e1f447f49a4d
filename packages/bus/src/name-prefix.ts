import type { ReadChunk, ReadOptions } from './partition-reader.ts';
import type { StageBatch, StageOptions } from './stage-options.ts';

/**
 * Puts one prefix before the name of every topic and group, so that several Sealstreams share a
 * cluster and never meet. Whoever uses the bus knows names without it, in both directions.
 */
export class NamePrefix {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** As the cluster knows it. */
  on(name: string): string {
    return `${this.#prefix}${name}`;
  }

  /** As we know it. */
  off(name: string): string {
    return name.slice(this.#prefix.length);
  }

  /** Whether a name of the cluster is one of ours. */
  has(name: string): boolean {
    return name.startsWith(this.#prefix);
  }

  read(options: ReadOptions): ReadOptions {
    const starts = options.starts.map((start) => ({ ...start, topic: this.on(start.topic) }));
    return { ...options, starts };
  }

  async *chunks(chunks: AsyncGenerator<ReadChunk>): AsyncGenerator<ReadChunk> {
    for await (const chunk of chunks) yield { ...chunk, topic: this.off(chunk.topic) };
  }

  stage(options: StageOptions): StageOptions {
    if (this.#prefix === '') return options;
    const { observer } = options;
    const batchOff = (batch: StageBatch) => ({ ...batch, topic: this.off(batch.topic) });
    const heard: StageOptions['observer'] = observer && {
      onAborted: (...aborted) => observer.onAborted?.(...aborted),
      onPaused: (...paused) => observer.onPaused?.(...paused),
      onRunning: (partition) => observer.onRunning?.(partition),
      onLost: (...lost) => observer.onLost?.(...lost),
      onCommitted: (batch, outputs, seconds) => {
        const own = outputs.map(({ topic, records }) => ({ topic: this.off(topic), records }));
        observer.onCommitted?.(batchOff(batch), own, seconds);
      },
    };
    return {
      ...options,
      groupId: this.on(options.groupId),
      source: this.on(options.source),
      outputs: options.outputs.map((topic) => this.on(topic)),
      transform: (batch, out) =>
        options.transform(batchOff(batch), { to: (topic) => out.to(this.on(topic)) }),
      ...(heard && { observer: heard }),
    };
  }
}
