import type { Logger } from '@sealstream/contracts';

const nothing = () => undefined;

/** For tests that look at outcomes; BUS_TEST_LOG=1 shows what the bus says on stderr. */
export const logger: Logger =
  process.env.BUS_TEST_LOG === undefined
    ? { debug: nothing, info: nothing, warn: nothing, error: nothing }
    : { debug: say, info: say, warn: say, error: say };

function say(fields: object, message: string): void {
  const text = JSON.stringify(fields, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  process.stderr.write(`${new Date().toISOString()} ${process.pid} ${message} ${text}\n`);
}
