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
  transform: (batch) => [
    {
      topic: OUT,
      records: batch.records.map((record) => ({
        key: record.key,
        value: record.value,
        timestamp: record.timestamp,
        headers: [['from', Buffer.from(record.offset.toString())]],
      })),
    },
    {
      topic: AUDIT,
      records: [{ key: null, value: Buffer.from(`${batch.partition}:${batch.from}:${batch.to}`) }],
    },
  ],
});
stage.failed.catch(() => process.exit(1));
process.on('SIGTERM', () => {
  void bus.stop().then(() => process.exit(0));
});
process.stdout.write('ready\n');
