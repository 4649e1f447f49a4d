import { join } from 'node:path';
import { expect, test } from 'vitest';

import { EXAMPLE } from './built-cli.ts';
import { ran } from './surroundings.ts';

const policyFile = join(EXAMPLE, 'sealstream.yaml');

test('without an address, or with nobody there, a command exits with 3 and says what to set', async () => {
  const none = await ran(['topics', 'plan', '--policy', policyFile], { env: {} });
  expect(none).toMatchObject({
    exit: 3,
    err: expect.stringMatching(/^SERVER_MISSING: .*KAFKA_BROKERS=/),
  });
  const away = await ran(['topics', 'plan', '--policy', policyFile], {
    env: { KAFKA_BROKERS: '127.0.0.1:1', SEALSTREAM_CONNECT_WAIT: '300ms' },
  });
  expect(away).toMatchObject({ exit: 3, err: expect.stringMatching(/^KAFKA_UNREACHABLE: /) });
});
