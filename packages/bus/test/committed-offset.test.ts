import { expect, it } from 'vitest';
import { committedOffset, offsetMetadata } from '../src/committed-offset.ts';

const topicId = Buffer.from('00112233445566778899aabbccddeeff', 'hex');

it('the accounted range and the topic come back from an offset', () => {
  expect(committedOffset(12n, offsetMetadata('9223372036854775807', topicId))).toEqual({
    offset: 12n,
    accounted: 9223372036854775807n,
    topicId: topicId.toString('hex'),
  });
});

it('an offset of before the topic id was kept has its range and no topic', () => {
  expect(committedOffset(12n, '10')).toEqual({ offset: 12n, accounted: 10n, topicId: '' });
});

it.each(['', 'x', '12 ', '12 00', '-1', '12345678901234567890'])(
  'the metadata «%s» of another tool says nothing',
  (metadata) => {
    expect(committedOffset(5n, metadata)).toEqual({ offset: 5n, accounted: null, topicId: '' });
  },
);
