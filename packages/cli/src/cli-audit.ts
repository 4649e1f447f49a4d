import { hostname, userInfo } from 'node:os';

import type { Bus } from '@sealstream/bus';
import { auditTopic, SealstreamError } from '@sealstream/contracts';
import type { Tell } from '@sealstream/key-care';
import { AuditEmitter, type AuditNote } from '@sealstream/service';

import { QUIET } from './quiet-logger.ts';

const SERVICE = 'cli';
const WRITE_MS = 30_000;
const HEARTBEAT_MS = 30_000;

/**
 * The command's own events on audit.events.cli.
 *
 * Promises: tell() resolves when every in-sync replica has the event, and rejects otherwise, so
 * that what is told before an access is audited before the access happens.
 */
export class CliAudit {
  readonly #bus: Pick<Bus, 'admin' | 'append'>;
  #emitter: AuditEmitter | undefined;

  constructor(bus: Pick<Bus, 'admin' | 'append'>) {
    this.#bus = bus;
  }

  /**
   * @throws SealstreamError TOPIC_MISSING when there is no topic for the events of commands
   * @throws SealstreamError KAFKA_UNREACHABLE when Kafka does not take the event within 30 s
   */
  async tell(note: Omit<AuditNote, 'actor'>): Promise<void> {
    await this.check();
    this.#emitter ??= new AuditEmitter({
      bus: this.#bus,
      service: SERVICE,
      instance: `${hostname()}-${process.pid}-${Date.now().toString(36)}`,
      logger: QUIET,
      heartbeatMs: HEARTBEAT_MS,
    });
    const emitter = this.#emitter;
    const deadline = setTimeout(() => void emitter.stop(0), WRITE_MS);
    try {
      await emitter.emit({ ...note, actor: actorName() });
    } finally {
      clearTimeout(deadline);
    }
  }

  /**
   * Whether events can be told at all; for changes that are told when they are done.
   *
   * @throws SealstreamError TOPIC_MISSING
   */
  async check(): Promise<void> {
    const topic = auditTopic(SERVICE);
    if ((await this.#bus.admin.partitionCount(topic)) === 0)
      throw new SealstreamError('TOPIC_MISSING', { topic });
  }

  async stop(): Promise<void> {
    await this.#emitter?.stop(WRITE_MS);
  }
}

/** How deeds of key-care are told. */
export function tellBy(audit: CliAudit): Tell {
  return (note) => audit.tell(note);
}

/** Who gave the command, as the operating system knows them. */
export function actorName(): string {
  return `${userInfo().username}@${hostname()}`;
}
