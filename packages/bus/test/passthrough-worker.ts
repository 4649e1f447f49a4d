// A stage as a process of its own, for tests that kill it: copies every record of SOURCE to OUT with
// its source offset as a header, and one line per batch to AUDIT.
import { openBus } from '../src/index.ts';
import { logger } from './quiet-logger.ts';

const { BROKERS = '', GROUP = '', SOURCE = '', OUT = '', AUDIT = '' } = process.env;

const bus = await openBus({
  brokers: BROKERS.split(','),
  clientId: `worker-${process.pid}`,
  logger,
});
const stage = await bus.stage({
  name: 'passthrough',
  groupId: GROUP,
  source: SOURCE,
  outputs: [OUT, AUDIT],
  batchRecords: 200,
  lingerMs: 5,
  sessionTimeoutMs: 1500,
  transactionTimeoutMs: 5000,
  heartbeatMs: 200,
  transform: (batch, out) => {
    for (const { key, value, timestamp, offset } of batch.records) {
      const headers = [['from', Buffer.from(offset.toString())]] as const;
      out.to(OUT).push({ key, value, timestamp, headers });
    }
    const range = `${batch.partition}:${batch.from}:${batch.to}`;
    out.to(AUDIT).push({ key: null, value: Buffer.from(range) });
  },
});
stage.failed.catch(() => process.exit(1));
process.on('SIGTERM', () => {
  void bus.stop().then(() => process.exit(0));
});
process.stdout.write('ready\n');
