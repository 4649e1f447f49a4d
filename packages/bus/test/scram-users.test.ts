import { describe, expect, test } from 'vitest';
import type { Broker } from '../src/kafka-internals.ts';
import { KafkaLink } from '../src/kafka-link.ts';
import { ScramUsers } from '../src/scram-users.ts';
import { logger } from './quiet-logger.ts';

/** A link that has no broker, and tells what it was asked to send. */
class TellingLink extends KafkaLink {
  readonly sent: unknown[] = [];
  readonly #host: string;

  constructor(host: string, ssl: boolean) {
    super({ brokers: [`${host}:9092`], ssl }, logger);
    this.#host = host;
  }

  override anyBroker(): Promise<Broker> {
    return Promise.resolve({ connectionPool: { host: this.#host } } as Broker);
  }

  override sendTo(_broker: Broker, request: unknown): Promise<never> {
    this.sent.push(request);
    return Promise.reject(new Error('sent'));
  }
}

describe('what is made from a password', () => {
  test.each([
    ['kafka.example.org', false],
    ['10.0.0.7', false],
    ['127.0.0.1.example.org', false],
    ['::2', false],
    ['::ffff:10.0.0.7', false],
    ['127.0.0.1', true],
    ['127.3.2.1', true],
    ['localhost', true],
    ['::1', true],
  ])('goes without TLS to this machine alone: %s', async (host, isSent) => {
    const link = new TellingLink(host, false);
    const set = new ScramUsers(link).set([{ name: 'mask', password: 'x'.repeat(43) }]);
    await expect(set).rejects.toThrow(isSent ? 'sent' : /KAFKA_REFUSED.*PLAINTEXT/);
    expect(link.sent).toHaveLength(isSent ? 1 : 0);
  });

  test('goes nowhere in plaintext when a password is replaced, and a removal has none in it', async () => {
    const user = { name: 'mask', mechanisms: ['SCRAM-SHA-512'] } as const;
    const link = new TellingLink('kafka.example.org', false);
    const users = new ScramUsers(link);
    await expect(users.replace(user, 'x'.repeat(43))).rejects.toThrow(/KAFKA_REFUSED.*PLAINTEXT/);
    expect(link.sent).toEqual([]);
    await expect(users.remove(user)).rejects.toThrow('sent');
    expect(link.sent).toHaveLength(1);
  });

  test('goes over TLS to every broker', async () => {
    const link = new TellingLink('kafka.example.org', true);
    const set = new ScramUsers(link).set([{ name: 'mask', password: 'x'.repeat(43) }]);
    await expect(set).rejects.toThrow('sent');
    expect(link.sent).toHaveLength(1);
  });
});
