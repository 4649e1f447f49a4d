import { ALERT_TOPIC, auditTopic, type DatasetTopics } from '@sealstream/contracts';
import { datasetOf, parsePolicy } from '@sealstream/policy';
import { RedisLink } from '@sealstream/redis-link';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

import {
  type ProxiedBroker,
  proxiedBroker,
} from '../../../packages/bus/test/faults/proxied-broker.ts';
import { openStack } from '../../../tools/stack/stack.ts';
import { AccessLog } from '../src/access-log.ts';
import { AlertDesk } from '../src/alert-desk.ts';
import { FlowWatch } from '../src/flow-watch.ts';
import { RejectPages } from '../src/reject-pages.ts';

/** A port at which nothing answers. */
const NOBODY = 1;
const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const policy = parsePolicy(
  `version: 1
datasets:
  away:
    revision: 1
    fields:
      /name: { type: string, mask: redact }
`,
  'sealstream.yaml',
);
const dataset = datasetOf(policy, 'away');
let broker: ProxiedBroker;

beforeAll(async () => {
  broker = await proxiedBroker();
  const topics: DatasetTopics = dataset.topics;
  const events = ['ingest', 'mask', 'encrypt', 'access'].map(auditTopic);
  for (const topic of [...Object.values(topics), ...events, ALERT_TOPIC])
    await broker.bus.admin.createTopic(topic, 1, 1, {});
});
afterAll(() => broker.close());

test('while Kafka is away every read says so in time, and all work again when it is back', async () => {
  const { bus, proxy } = broker;
  const redis = new RedisLink({ redisUrl: inject('stack').redisUrl, prefix: 'away.', logger });
  await redis.connect();
  const flow = await FlowWatch.open({ bus, logger, datasets: policy.datasets });
  const alerts = await AlertDesk.open({ bus, logger, redis });
  const accesses = await AccessLog.open({ bus, logger });
  const rejects = new RejectPages(bus);
  const reads = {
    flow: () => flow.state(),
    coverage: () => flow.caughtUp(5000),
    alerts: () => alerts.list(),
    accesses: () => accesses.page({}, 10),
    rejects: () => rejects.page(dataset, {}, { limit: 10 }),
    summary: () => rejects.summary(dataset),
  };
  const outcomes = async () =>
    Promise.all(
      Object.entries(reads).map(async ([name, read]) => {
        const startMs = performance.now();
        const code = await read().then(
          () => 'answered',
          (error: unknown) => String((error as { code?: string }).code),
        );
        expect(performance.now() - startMs, name).toBeLessThan(15_000);
        return `${name}: ${code}`;
      }),
    );
  const names = Object.keys(reads);
  expect(await outcomes()).toEqual(names.map((name) => `${name}: answered`));
  proxy.forwardTo(NOBODY);
  proxy.cutAll();
  // Figures of the flow may be some seconds old.
  await new Promise((resolve) => setTimeout(resolve, 3500));
  expect(await outcomes()).toEqual(names.map((name) => `${name}: KAFKA_UNREACHABLE`));
  const { kafkaBrokers } = openStack(`${inject('stack').name}-proxied`);
  proxy.forwardTo(Number(kafkaBrokers.split(':').at(-1)));
  await expect
    .poll(outcomes, { timeout: 60_000, interval: 500 })
    .toEqual(names.map((name) => `${name}: answered`));
  await Promise.all([flow.stop(), alerts.stop(), accesses.stop()]);
  redis.stop();
});
