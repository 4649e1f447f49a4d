import { formTest } from '@sealstream/contracts';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { checkedAnswer, checkedBody } from '../src/form-compilers.ts';
import { ROUTES } from '../src/routes.ts';

const form = z.object({ values: z.array(z.object({ code: z.string().min(1) })).max(2) });
const place = { method: 'GET' as const, url: '/x' };

describe('a body', () => {
  const read = checkedBody({ ...place, schema: form });

  test('that is of its form is taken as it stands', () => {
    const body = { values: [{ code: 'a' }] };
    expect(read(body)).toEqual({ value: body });
  });

  test('loses the members that its form does not know, however deep', () => {
    const body = { values: [{ code: 'a', more: 1 }], more: 2 };
    expect(read(body)).toEqual({ value: { values: [{ code: 'a' }] } });
  });

  test('that is not of its form is refused with the place of its first fault', () => {
    const refused = read({ values: [{ code: 'a' }, { code: '' }] });
    expect(refused).toMatchObject({ error: [{ instancePath: '/values/1/code' }] });
  });
});

describe('an answer', () => {
  const write = checkedAnswer({ ...place, schema: form, httpStatus: '200' });

  test('that is of its form is written as it stands', () => {
    expect(write({ values: [{ code: 'a' }] })).toBe('{"values":[{"code":"a"}]}');
  });

  test('tells nothing that its form does not know, however deep', () => {
    expect(write({ values: [{ code: 'a', ssn: '1' }], more: 2 })).toBe('{"values":[{"code":"a"}]}');
  });

  test('that is not of its form does not leave', () => {
    for (const wrong of [{}, { values: [{ code: 1 }] }, { values: [{}, {}, {}] }, null])
      expect(() => write(wrong)).toThrow();
  });
});

test('reveal has a quick test for what comes in and what goes out', () => {
  const reveal = ROUTES.find(({ url }) => url === '/v1/datasets/:dataset/reveal');
  const forms = [reveal?.params, reveal?.body, reveal?.answer];
  for (const one of forms) expect(one && formTest(one)).toBeTypeOf('function');
});
