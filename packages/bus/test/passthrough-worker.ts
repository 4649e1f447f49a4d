// A stage as a process of its own, for tests that kill it: copies every record of SOURCE to OUT with
// its source offset and this process's id as headers, and one line per batch to AUDIT. Says on stdout
// which generations of the group it joined.
import { errorWord, openBus } from '../src/index.ts';
import { logger } from './quiet-logger.ts';

const { BROKERS = '', GROUP = '', SOURCE = '', OUT = '', AUDIT = '' } = process.env;
const { INSTANCE_ID, SESSION_MS = '1500' } = process.env;

const bus = await openBus({
  brokers: BROKERS.split(','),
  clientId: `worker-${process.pid}`,
  logger: {
    ...logger,
    info: (fields, message) => {
      logger.info(fields, message);
      const generation = Object.entries(fields).find(([name]) => name === 'generation');
      if (generation !== undefined) process.stdout.write(`generation ${generation[1]}\n`);
    },
  },
});
const stage = await bus.stage({
  name: 'passthrough',
  groupId: GROUP,
  ...(INSTANCE_ID === undefined ? {} : { groupInstanceId: INSTANCE_ID }),
  source: SOURCE,
  outputs: [OUT, AUDIT],
  batchRecords: 200,
  lingerMs: 5,
  sessionTimeoutMs: Number(SESSION_MS),
  transactionTimeoutMs: 5000,
  heartbeatMs: 200,
  transform: (batch, out) => {
    for (const { key, value, timestamp, offset } of batch.records) {
      const headers = [
        ['from', Buffer.from(offset.toString())],
        ['by', Buffer.from(String(process.pid))],
      ] as const;
      out.to(OUT).push({ key, value, timestamp, headers });
    }
    const range = `${batch.partition}:${batch.from}:${batch.to}`;
    out.to(AUDIT).push({ key: null, value: Buffer.from(range) });
  },
});
stage.failed.catch((error: unknown) => {
  process.stdout.write(`failed ${errorWord(error)}\n`, () => process.exit(1));
});
process.on('SIGTERM', () => {
  void bus.stop().then(() => process.exit(0));
});
process.stdout.write('ready\n');
