import { PlainEvent } from '@sealstream/contracts';
import { afterEach, describe, expect, test } from 'vitest';

import { AuditEmitter } from '../src/audit-emitter.ts';
import { logTo } from '../src/log.ts';

const logger = logTo(
  { service: 'mask', instance: 'm-1', level: 'error' },
  { write: () => undefined },
);

type Outcome = 'ok' | 'lost before' | 'lost after' | 'refused';

/** As a broker says it to somebody without the right. */
class Refused extends Error {
  readonly type = 'TOPIC_AUTHORIZATION_FAILED';
}

/** Takes the place of bus.append only to lose answers on demand; nothing else of it is used. */
class Topic {
  readonly written: string[] = [];
  /** How many events each append had. */
  readonly appends: number[] = [];
  readonly outcomes: Outcome[];
  inFlight = 0;
  mostInFlight = 0;

  constructor(outcomes: Outcome[] = []) {
    this.outcomes = outcomes;
  }

  async append(topic: string, partition: number, records: readonly { value: Buffer | null }[]) {
    expect([topic, partition]).toEqual(['audit.events.mask', 0]);
    this.appends.push(records.length);
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    await new Promise((resolve) => setImmediate(resolve));
    this.inFlight -= 1;
    const outcome = this.outcomes.shift() ?? 'ok';
    if (outcome === 'refused') throw new Refused();
    if (outcome !== 'lost before')
      for (const { value } of records) this.written.push(String(value));
    if (outcome !== 'ok') throw new Error('no answer');
    return 0n;
  }

  events(): PlainEvent[] {
    return this.written.map((text) => PlainEvent.parse(JSON.parse(text)));
  }
}

let emitter: AuditEmitter | undefined;
afterEach(async () => emitter?.stop(0));

function emitterOn(topic: Topic, heartbeatMs = 60_000): AuditEmitter {
  emitter = new AuditEmitter({
    bus: topic,
    service: 'mask',
    instance: 'm-1',
    logger,
    heartbeatMs,
    retryMs: 1,
  });
  return emitter;
}

describe('plain audit events', () => {
  test('are numbered from 0, one at a time and in order', async () => {
    const topic = new Topic();
    const audit = emitterOn(topic);
    await Promise.all([
      audit.emit({ type: 'service-started' }),
      audit.emit({ type: 'policy-loaded', dataset: 'people', details: { revision: 3 } }),
      audit.emit({ type: 'service-stopped', actor: 'ops' }),
    ]);
    expect(topic.mostInFlight).toBe(1);
    expect(topic.events()).toMatchObject([
      { number: 0, type: 'service-started', emitter: 'mask/m-1', actor: 'mask/m-1', details: {} },
      { number: 1, type: 'policy-loaded', dataset: 'people', details: { revision: 3 } },
      { number: 2, type: 'service-stopped', actor: 'ops' },
    ]);
  });

  test('that a user may not write at all are refused by name, after brokers had time to know it', async () => {
    const refused = (times: number): Outcome[] => Array.from({ length: times }, () => 'refused');
    const late = emitterOn(new Topic(refused(5)));
    await late.emit({ type: 'service-started' });
    const never = emitterOn(new Topic(refused(100)));
    await expect(never.emit({ type: 'service-started' })).rejects.toThrow(
      /^KAFKA_REFUSED: .*audit\.events\.mask.*TOPIC_AUTHORIZATION_FAILED/,
    );
  });

  test('are waited for when the right to write them is taken away later', async () => {
    const topic = new Topic(['ok', ...Array.from({ length: 20 }, (): Outcome => 'refused')]);
    const audit = emitterOn(topic);
    await audit.emit({ type: 'service-started' });
    await audit.emit({ type: 'service-stopped' });
    expect(topic.events().map(({ number }) => number)).toEqual([0, 1]);
  });

  test('are sent again as the same bytes when it is unknown whether they arrived', async () => {
    const topic = new Topic(['lost after', 'lost before', 'ok', 'lost after']);
    const audit = emitterOn(topic);
    await audit.emit({ type: 'service-started' });
    await audit.emit({ type: 'service-stopped' });
    expect(new Set(topic.written.slice(0, 2)).size).toBe(1);
    expect(topic.events().map(({ number }) => number)).toEqual([0, 0, 1, 1]);
  });

  test('that came while others were written go together, and none resolves before its own are there', async () => {
    const topic = new Topic(['ok', 'lost before', 'lost before', 'ok']);
    const audit = emitterOn(topic);
    const settled: string[] = [];
    const order = async (name: string) => {
      await audit.emit({ type: 'access-ordered', details: { name } });
      const isThere = topic.events().some(({ details }) => details['name'] === name);
      settled.push(`${name} ${isThere ? 'there' : 'missing'}`);
    };
    await Promise.all([order('first'), order('second'), order('third')]);
    expect(settled).toEqual(['first there', 'second there', 'third there']);
    expect(topic.appends).toEqual([1, 2, 2, 2]);
  });

  test('that are long go in appends that a broker takes, so that none stands in the way of the others', async () => {
    const topic = new Topic();
    const append = topic.append.bind(topic);
    topic.append = async (name, partition, records) => {
      const sizeBytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
      // What Kafka takes as it comes.
      if (sizeBytes > 1_000_000) throw new Error('MESSAGE_TOO_LARGE');
      return append(name, partition, records);
    };
    const audit = emitterOn(topic);
    const details = { reasons: 'x'.repeat(8000) };
    await Promise.all(
      Array.from({ length: 400 }, () => audit.emit({ type: 'access-denied', details })),
    );
    const endless = { reasons: 'x'.repeat(600_000) };
    const refused = audit.emit({ type: 'access-denied', details: endless });
    await expect(refused).rejects.toMatchObject({ code: 'INTERNAL' });
    await audit.emit({ type: 'access-denied', details });
    expect(topic.events().map(({ number }) => number)).toEqual([...Array(401).keys()]);
    expect(topic.appends.length).toBeLessThan(20);
  });

  test('that wait for one append are refused together when it never comes to an end', async () => {
    const topic = new Topic(Array.from({ length: 10_000 }, () => 'lost before' as const));
    const audit = emitterOn(topic);
    const orders = ['first', 'second', 'third'].map((name) =>
      audit.emit({ type: 'access-ordered', details: { name } }),
    );
    const outcomes = Promise.allSettled(orders);
    await expect.poll(() => topic.appends.length).toBeGreaterThan(3);
    await audit.stop(0);
    const refused = { status: 'rejected', reason: { code: 'KAFKA_UNREACHABLE' } };
    expect(await outcomes).toMatchObject([refused, refused, refused]);
    expect(topic.written).toEqual([]);
  });

  test('a heartbeat carries its own number as the last one', async () => {
    const topic = new Topic();
    const audit = emitterOn(topic, 20);
    await audit.emit({ type: 'service-started' });
    await expect.poll(() => topic.events().length).toBeGreaterThan(1);
    expect(topic.events()[1]).toMatchObject({ type: 'heartbeat', number: 1, details: { last: 1 } });
  });

  test('stop waits for what is on its way, but not longer than told', async () => {
    const quick = new Topic();
    const audit = emitterOn(quick);
    audit.note({ type: 'service-stopped' });
    await audit.stop(1000);
    expect(quick.written).toHaveLength(1);

    const away = new Topic(Array.from({ length: 10_000 }, () => 'lost before' as const));
    const stuck = emitterOn(away);
    const refused = expect(stuck.emit({ type: 'service-stopped' })).rejects.toThrow('KAFKA');
    await stuck.stop(30);
    await refused;
    await expect(stuck.emit({ type: 'heartbeat' })).rejects.toThrow('KAFKA_UNREACHABLE');
  });
});
