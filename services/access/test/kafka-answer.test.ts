import { SealstreamError } from '@sealstream/contracts';
import { expect, test } from 'vitest';

import { kafkaAnswer } from '../src/kafka-answer.ts';

const code = (work: Promise<unknown>, waitMs?: number) =>
  kafkaAnswer(work, waitMs).then(
    () => 'answered',
    (error: unknown) => (error as SealstreamError).code,
  );

test('an answer in time is given, and an error of ours stays what it is', async () => {
  expect(await kafkaAnswer(Promise.resolve(7))).toBe(7);
  const ours = new SealstreamError('TOPIC_MISSING', { topic: 't' });
  expect(await code(Promise.reject(ours))).toBe('TOPIC_MISSING');
});

test('an error of the client and an answer that is late say that Kafka is away, and nothing else', async () => {
  expect(await code(Promise.reject(new Error('10.0.0.1:9092 refused')))).toBe('KAFKA_UNREACHABLE');
  const late = Promise.withResolvers<never>();
  expect(await code(late.promise, 20)).toBe('KAFKA_UNREACHABLE');
  late.reject(new Error('and nobody is left to hear of it'));
});
