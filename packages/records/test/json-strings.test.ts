import { isUtf8 } from 'node:buffer';
import { expect, test } from 'vitest';
import { JsonScanner, KIND, Shape, SPAN_STRIDE } from '../src/index.ts';

const FIELD = { path: '/a', types: ['string'], required: true, cut: false } as const;
const HEAD = '{"a":"';
/** Longer than what is looked at in one step, by one step and a half. */
const LONGEST = 11;

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'));
    return isUtf8(bytes);
  } catch {
    return false;
  }
}

test('each byte at each place of a string counts, and stops it where JSON.parse stops', () => {
  const scanner = new JsonScanner(new Shape([FIELD], 'fault'));
  const wrong: string[] = [];
  for (let length = 1; length <= LONGEST; length++) {
    const bytes = Buffer.from(`${HEAD}${'x'.repeat(length)}"}`);
    for (let place = 0; place < length; place++) {
      for (let byte = 0; byte < 256; byte++) {
        bytes[HEAD.length + place] = byte;
        const isFine = scanner.scan(bytes) === undefined;
        if (isFine !== isJson(bytes)) wrong.push(`${byte} at ${place} of ${length}`);
      }
      bytes[HEAD.length + place] = 0x78;
    }
  }
  expect(wrong).toEqual([]);
});

test('a string ends at its own quote, and none that stands behind the record ends it', () => {
  const scanner = new JsonScanner(new Shape([FIELD], 'fault'));
  for (let length = 0; length <= LONGEST; length++) {
    const record = `${HEAD}${'x'.repeat(length)}"}`;
    const bytes = Buffer.from(`${record}","b":"${record}`);
    expect(scanner.scan(bytes, 0, record.length)).toBeUndefined();
    expect([...scanner.spans.subarray(0, SPAN_STRIDE)]).toEqual([
      0,
      KIND.string,
      HEAD.length - 1,
      record.length - 1,
    ]);
    for (let to = HEAD.length; to < record.length - 1; to++)
      expect(scanner.scan(bytes, 0, to)).toMatchObject({ code: 'RECORD_INVALID_JSON', byte: to });
  }
});
