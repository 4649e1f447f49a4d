import { SealstreamError } from '@sealstream/contracts';
import { expect, test } from 'vitest';

import { untilAvailable } from '../src/waiting.ts';

test('tries again while the error is retryable, and gives what comes at last', async () => {
  let tries = 0;
  const codes: string[] = [];
  const action = async () => {
    if (++tries < 3) throw new SealstreamError('KAFKA_UNREACHABLE');
    return 'there';
  };
  const options = {
    waitMs: 1000,
    everyMs: 5,
    onWait: (error: SealstreamError) => codes.push(error.code),
  };
  expect(await untilAvailable(action, options)).toBe('there');
  expect(codes).toEqual(['KAFKA_UNREACHABLE', 'KAFKA_UNREACHABLE']);
});

test('gives up after the wait with the last error', async () => {
  const action = () => Promise.reject(new SealstreamError('REDIS_UNREACHABLE'));
  await expect(untilAvailable(action, { waitMs: 30, everyMs: 10 })).rejects.toThrow('REDIS');
});

test('passes any other error at once', async () => {
  let tries = 0;
  const action = () => {
    tries++;
    return Promise.reject(new SealstreamError('POLICY_INVALID'));
  };
  await expect(untilAvailable(action, { waitMs: 1000, everyMs: 5 })).rejects.toThrow('POLICY');
  expect(tries).toBe(1);
});
