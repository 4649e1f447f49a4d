import { expect, test } from 'vitest';

import type { Caller } from '../src/caller.ts';
import { PolicyGate } from '../src/gate.ts';

const never = () => {
  throw new Error('nothing is asked where nothing is allowed');
};

test('without a section access nothing is allowed, and an administrator is told where roles are written', async () => {
  const gate = new PolicyGate({
    rules: () => undefined,
    quotas: { reserve: never, release: never },
    administrators: never,
    seconds: { ask: never, use: never },
  });
  const caller: Caller = { person: 'p', account: 'a', by: 'session', roles: ['administrator'] };
  await expect(gate.judge(caller, 'accounts.read', {}, false)).rejects.toMatchObject({
    code: 'ACCESS_DENIED',
    place: { action: 'accounts.read', why: 'no-rules' },
    mend: expect.stringContaining('section `access`'),
  });
});
