import { describe, expect, it } from 'vitest';
import {
  AuditEvent,
  datasetTopics,
  type ErrorCode,
  ERRORS,
  SealstreamError,
} from '../src/index.ts';

const codes = Object.keys(ERRORS) as ErrorCode[];

describe('an error', () => {
  it.each(codes)('%s says what happened, where, and how to mend it', (code) => {
    const { message } = new SealstreamError(code, { topic: 'raw.people', partition: 3 });
    expect(message.startsWith(`${code}: `)).toBe(true);
    expect(message).toContain(ERRORS[code].cause);
    expect(message).toContain('topic raw.people, partition 3');
    expect(message).toContain(ERRORS[code].mend);
  });

  it('is worth another try exactly when its class says so', () => {
    for (const code of codes) {
      expect(new SealstreamError(code).retryable).toBe(ERRORS[code].class === 'retryable');
    }
  });

  it('leaves out places that are not known, and takes a better mend where one is given', () => {
    const error = new SealstreamError('USAGE', { option: undefined }, 'Say --stage mask.');
    expect(error.message).toBe('USAGE: The command line is not understood. Say --stage mask.');
  });
});

describe('names and events', () => {
  it('give every topic of a dataset its default, and keep the one that the policy names', () => {
    expect(datasetTopics('people', { raw: 'theirs' })).toEqual({
      raw: 'theirs',
      accepted: 'accepted.people',
      rejected: 'rejected.people',
      masked: 'masked.people',
      encrypted: 'encrypted.people',
    });
  });

  it('refuse an event that is not of the published form', () => {
    const event = {
      v: 1,
      type: 'heartbeat',
      time: '2026-01-01T00:00:00.000Z',
      emitter: 'mask/one',
      number: 0,
      actor: 'mask/one',
      details: {},
    };
    expect(AuditEvent.safeParse(event).success).toBe(true);
    expect(AuditEvent.safeParse({ ...event, type: 'gossip' }).success).toBe(false);
    expect(AuditEvent.safeParse({ ...event, details: { nested: {} } }).success).toBe(false);
  });
});
