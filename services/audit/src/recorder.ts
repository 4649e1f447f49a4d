import type { LogWriter } from '@sealstream/audit-log';
import type { Logger } from '@sealstream/contracts';
import type { AuditEmitter } from '@sealstream/service';
import type { CheckpointPublisher } from './checkpoint-publisher.ts';
import type { EventsToLog, LoggedBatch, Work } from './events-to-log.ts';
import type { GapDetails } from './own-events.ts';
import type { AuditMetrics } from './metrics.ts';

/** Bytes of records that may wait for the disk; then reading waits. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;

export interface RecorderOptions {
  readonly log: LogWriter;
  readonly transform: EventsToLog;
  readonly publisher: CheckpointPublisher;
  readonly audit: Pick<AuditEmitter, 'note'>;
  readonly metrics: AuditMetrics;
  readonly logger: Logger;
  readonly beatMs: number;
  readonly signMs: number;
  /** After each heartbeat, once it is on disk; nothing is appended meanwhile. */
  readonly onBeat: (size: number) => Promise<void>;
  /** The disk failed or another writer took over: the process cannot go on. */
  readonly onFailed: (error: unknown) => void;
}

/**
 * Writes to the log: what comes while the disk is busy is appended together with one sync, signed
 * at most once in signMs, and every beatMs a heartbeat goes in whether anything else came or not.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  #waiting: Work[] = [];
  #waitingBytes = 0;
  #draining: Promise<void> | null = null;
  #room = Promise.withResolvers<void>();
  #signing: Promise<void> | null = null;
  #signedAtMs = performance.now();
  #hasFailed = false;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Writes a first heartbeat and goes on. */
  async start(): Promise<void> {
    const { beatMs, signMs } = this.#options;
    await this.#beat();
    this.#timers.push(
      setInterval(() => void this.#beat(), beatMs),
      setInterval(() => this.#look(), signMs),
    );
  }

  /** Queues something to be written, in order. */
  add(work: Work): void {
    if (this.#hasFailed) return;
    this.#waiting.push(work);
    this.#waitingBytes += bytesOf(work);
    this.#draining ??= this.#drain();
  }

  /** Resolves when there is room for more. */
  async room(): Promise<void> {
    while (this.#waitingBytes > WAITING_BYTES_MAX && !this.#hasFailed) await this.#room.promise;
  }

  /** Writes what waits and a last heartbeat, signs and tells. */
  async stop(withinMs: number): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#beat();
    await this.#options.publisher.stop(withinMs);
    await this.#options.log.close();
  }

  async #beat(): Promise<void> {
    this.add({ kind: 'heartbeat' });
    await this.#draining;
    await this.#sign();
  }

  async #drain(): Promise<void> {
    try {
      while (this.#waiting.length > 0) await this.#append(this.#waiting.splice(0));
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#draining = null;
    }
  }

  async #append(works: readonly Work[]): Promise<void> {
    const { log, metrics, onBeat, transform } = this.#options;
    const batch = transform.batch(works, log.size, Date.now());
    await log.append(batch.entries);
    this.#waitingBytes = this.#waiting.reduce((sum, work) => sum + bytesOf(work), 0);
    this.#room.resolve();
    this.#room = Promise.withResolvers();
    metrics.logged(batch);
    metrics.treeSize.set(log.size);
    this.#tell(batch);
    if (works.some(({ kind }) => kind === 'heartbeat')) await onBeat(log.size);
  }

  /** Only after it is on disk, so that nobody hears of a gap that the log does not know. */
  #tell({ gaps, invalid }: LoggedBatch): void {
    const { logger } = this.#options;
    for (const details of gaps) this.tellGap(details);
    for (const [topic, count] of invalid) {
      logger.warn(
        { topic, count },
        'events that do not follow the schema were logged as they came',
      );
    }
  }

  /** Tells of a gap outside of the log: a metric, a log line, and an event that is watched for. */
  tellGap(details: GapDetails): void {
    const { audit, logger } = this.#options;
    const { kind, service, topic } = details;
    const fields = { service: text(service), topic: text(topic), type: text(kind) };
    logger.error(fields, 'audit events do not join');
    audit.note({ type: 'gap', details });
  }

  #look(): void {
    const { log, metrics } = this.#options;
    metrics.checkpointAge.set((performance.now() - this.#signedAtMs) / 1000);
    if (log.size > log.head.size) void this.#sign();
  }

  async #sign(): Promise<void> {
    if (this.#hasFailed) return;
    this.#signing ??= this.#signNow().finally(() => {
      this.#signing = null;
    });
    await this.#signing;
  }

  async #signNow(): Promise<void> {
    const { log, metrics, publisher } = this.#options;
    try {
      const note = await log.checkpoint();
      this.#signedAtMs = performance.now();
      metrics.checkpointAge.set(0);
      publisher.offer(note);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#room.resolve();
    this.#options.onFailed(error);
  }
}

function bytesOf(work: Work): number {
  if (work.kind !== 'chunk') return 0;
  return work.chunk.records.reduce((sum, { value }) => sum + 64 + (value?.length ?? 0), 0);
}

function text(value: string | number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}
