import { hash } from 'node:crypto';
import type { AuditEvent, BatchEvent, PlainEvent } from '@sealstream/contracts';
import { decodeEntry, type LogEntry, type SourcedEntry } from './entry.ts';
import { parseEvent } from './event.ts';
import type { Finding } from './finding.ts';
import { sourceName } from './heartbeat.ts';

/** Where the events of the log's own writer count as coming from. */
export const OWN_SOURCE = 'log';
const AUDIT_TOPIC = /^audit\.events\.(.+)$/;
/**
 * Emitters other than stages that are remembered: each run of the CLI is one, so not all can be.
 * The longest silent is forgotten first; should it speak again, that shows as a gap.
 */
const PLAIN_EMITTERS_MAX = 10_000;

interface PlainState {
  readonly number: number;
  /** Of the event's bytes: sending the same again after an unknown outcome is no repeat. */
  readonly sha256: string;
}

/** The memory of a Continuity between two runs. */
export interface ContinuityState {
  readonly sources: readonly (readonly [string, string])[];
  readonly batches: readonly (readonly [string, string])[];
  readonly plain: readonly (readonly [string, PlainState])[];
}

/**
 * Follows the events of a log and finds what does not join.
 *
 * - Offsets of one source partition only rise, until the log's writer says `offsets-lost`.
 * - A stage's batch begins where the same emitter's last one ended. The first one may begin
 *   anywhere, since a stage may be told to start late.
 * - Other emitters count 0, 1, 2, … from each start. The same bytes again are a resend.
 * - An emitter's name begins with the service that its topic belongs to.
 */
export class Continuity {
  readonly #sources = new Map<string, bigint>();
  readonly #batches = new Map<string, bigint>();
  readonly #plain = new Map<string, PlainState>();
  #resent = 0;

  constructor(state?: ContinuityState) {
    for (const [name, next] of state?.sources ?? []) this.#sources.set(name, BigInt(next));
    for (const [name, next] of state?.batches ?? []) this.#batches.set(name, BigInt(next));
    for (const [name, last] of state?.plain ?? []) this.#plain.set(name, last);
  }

  /** Events that came twice with the same bytes, which is allowed. */
  get resent(): number {
    return this.#resent;
  }

  /** What a later Continuity needs to go on from here. */
  state(): ContinuityState {
    const texts = (map: ReadonlyMap<string, bigint>) =>
      [...map].map(([name, next]) => [name, String(next)] as const);
    return {
      sources: texts(this.#sources),
      batches: texts(this.#batches),
      plain: [...this.#plain],
    };
  }

  /** Takes the next entry of the log and gives what is wrong with it. */
  observe(bytes: Buffer, index: number): Finding[] {
    const entry = decodeEntry(bytes);
    if (entry.kind === 'unreadable') {
      const message = `entry ${index} follows no known form`;
      return [{ kind: 'entry-unreadable', entry: index, message }];
    }
    const findings = entry.kind === 'sourced' ? this.#observeSource(entry, index) : [];
    return [...findings, ...this.#observeEvent(entry, index)];
  }

  #observeSource(entry: SourcedEntry, index: number): Finding[] {
    const { offset, part, parts, partition, topic } = entry;
    const name = sourceName(topic, partition);
    const next = this.#sources.get(name) ?? 0n;
    // Parts of one record share its offset; the position moves on after the last.
    this.#sources.set(name, part === parts - 1 ? offset + 1n : offset);
    if (offset >= next) return [];
    const seen = String(offset);
    return [
      {
        kind: 'source-repeat',
        entry: index,
        topic,
        expected: `${next} or later`,
        seen,
        message: `entry ${index}: ${name} offset ${seen} comes after ${next - 1n}`,
      },
    ];
  }

  #observeEvent(entry: Exclude<LogEntry, { kind: 'unreadable' }>, index: number): Finding[] {
    const topic = entry.kind === 'sourced' ? entry.topic : OWN_SOURCE;
    const isWhole = entry.kind === 'own' || entry.parts === 1;
    const event = isWhole ? parseEvent(entry.value) : null;
    if (event === null) {
      const message = `entry ${index}: not an audit event (topic ${topic})`;
      return [{ kind: 'event-invalid', entry: index, topic, message }];
    }
    if (entry.kind === 'own' && event.type === 'offsets-lost') this.#forgetSource(event);
    const found = foreign(topic, event, index);
    const joined =
      event.type === 'batch'
        ? this.#observeBatch(topic, event, index)
        : this.#observePlain(topic, event, index, entry.value ?? Buffer.alloc(0));
    return joined === null ? found : [...found, joined];
  }

  #observeBatch(topic: string, event: BatchEvent, index: number): Finding | null {
    const name = `${topic} ${event.emitter}`;
    const from = offsetOf(event.range.from);
    const to = offsetOf(event.range.to);
    if (from === null || to === null || to < from) {
      const message = `entry ${index}: the range of ${printable(event.emitter)} is none`;
      return { kind: 'event-invalid', entry: index, topic, emitter: event.emitter, message };
    }
    const next = this.#batches.get(name) ?? from;
    if (to > next) this.#batches.set(name, to);
    if (from === next) return null;
    return gapOrRepeat(topic, event, index, next, from);
  }

  #observePlain(topic: string, event: PlainEvent, index: number, value: Buffer): Finding | null {
    const name = `${topic} ${event.emitter}`;
    const last = this.#plain.get(name);
    const sha256 = hash('sha256', value, 'base64');
    if (last?.number === event.number && last.sha256 === sha256) {
      this.#resent += 1;
      return null;
    }
    const next = last === undefined ? 0 : last.number + 1;
    const isExpected = event.number === next || event.number === 0;
    if (isExpected || event.number > next) this.#remember(name, { number: event.number, sha256 });
    if (isExpected) return null;
    return gapOrRepeat(topic, event, index, BigInt(next), BigInt(event.number));
  }

  /** The log's writer says that a source goes on elsewhere: its offsets may begin again. */
  #forgetSource({ details }: PlainEvent): void {
    const { partition, topic } = details;
    if (typeof topic !== 'string' || typeof partition !== 'number') return;
    this.#sources.delete(sourceName(topic, partition));
  }

  #remember(name: string, last: PlainState): void {
    this.#plain.delete(name);
    this.#plain.set(name, last);
    if (this.#plain.size <= PLAIN_EMITTERS_MAX) return;
    const [oldest] = this.#plain.keys();
    if (oldest !== undefined) this.#plain.delete(oldest);
  }
}

function gapOrRepeat(
  topic: string,
  { emitter }: AuditEvent,
  index: number,
  expected: bigint,
  seen: bigint,
): Finding {
  const kind = seen > expected ? 'gap' : 'repeat';
  const joined = `${expected} was next, ${seen} came`;
  const message = `entry ${index}: ${kind} of ${printable(emitter)}: ${joined}`;
  return {
    kind,
    entry: index,
    topic,
    emitter,
    expected: String(expected),
    seen: String(seen),
    message,
  };
}

function foreign(topic: string, { emitter }: AuditEvent, index: number): Finding[] {
  const service = AUDIT_TOPIC.exec(topic)?.[1];
  if (service === undefined || emitter === service || emitter.startsWith(`${service}/`)) return [];
  const message = `entry ${index}: ${topic} carries an event of another emitter`;
  return [{ kind: 'emitter-foreign', entry: index, topic, emitter, message }];
}

/** An emitter's name is whatever its writer says: a terminal must not be told what to do by it. */
function printable(emitter: string): string {
  return emitter.slice(0, 200).replaceAll(/[^\w./@:-]/g, '?');
}

function offsetOf(text: string): bigint | null {
  return /^\d{1,19}$/.test(text) ? BigInt(text) : null;
}
