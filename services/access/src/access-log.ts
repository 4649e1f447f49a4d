import type { Bus } from '@sealstream/bus';
import { auditTopic, type Logger } from '@sealstream/contracts';
import { TopicFeed } from '@sealstream/service';

import {
  AccessBook,
  type AccessFilter,
  type AccessPlace,
  type ShownAccess,
} from './access-book.ts';
import { KAFKA_WAIT_MS } from './kafka-answer.ts';

/** Offsets before the end of each partition from which on the topic is read at the start. */
const NEWEST = 20_000;

export interface AccessLogOptions {
  readonly bus: Pick<Bus, 'admin' | 'read'>;
  readonly logger: Logger;
}

export interface AccessPage {
  readonly items: ShownAccess[];
  readonly next?: AccessPlace;
  /** Whether nothing older stands on the topic than what is remembered. */
  readonly isWhole: boolean;
}

/**
 * Who revealed what, as the audit topic of access tells.
 *
 * Promises: an answer holds what stood on the topic when it was asked for; memory is bounded.
 */
export class AccessLog {
  readonly #book = new AccessBook();
  readonly #feed: TopicFeed;

  private constructor(feed: TopicFeed, book: AccessBook) {
    this.#feed = feed;
    this.#book = book;
  }

  /** @throws SealstreamError TOPIC_MISSING */
  static async open({ bus, logger }: AccessLogOptions): Promise<AccessLog> {
    const book = new AccessBook();
    const feed = await TopicFeed.open({
      bus,
      logger,
      topics: [auditTopic('access')],
      from: { newest: NEWEST },
      onRecord: (_, record) => book.take(record),
    });
    return new AccessLog(feed, book);
  }

  /** The newest first. @throws SealstreamError KAFKA_UNREACHABLE */
  async page(filter: AccessFilter, limit: number, after?: AccessPlace): Promise<AccessPage> {
    await this.#feed.caughtUp(KAFKA_WAIT_MS);
    const isWhole = this.#feed.isWhole && this.#book.isWhole;
    return { ...this.#book.page(filter, limit, after), isWhole };
  }

  async stop(): Promise<void> {
    await this.#feed.stop();
  }
}
