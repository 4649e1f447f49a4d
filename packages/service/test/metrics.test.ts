import { expect, test } from 'vitest';

import { openMetrics } from '../src/metrics.ts';

test('the shared stage metrics carry the agreed names and labels', async () => {
  const metrics = openMetrics('mask');
  const at = { stage: 'mask', dataset: 'people' };
  metrics.stageRecords.inc({ ...at, topic: 'masked.people', outcome: 'out' }, 5);
  metrics.stageBytes.inc({ ...at, topic: 'masked.people', outcome: 'out' }, 500);
  metrics.stageLag.set({ ...at, partition: '0' }, 7);
  metrics.rejectedRecords.inc({ ...at, code: 'RECORD_WRONG_TYPE' });
  metrics.endToEndLatency.observe(at, 0.02);
  metrics.batchDuration.observe(at, 0.02);
  metrics.transactions.inc({ ...at, result: 'committed' });
  metrics.stagePaused.set({ ...at, partition: '0', code: 'KEYRING_STALE' }, 1);
  metrics.policyInfo.set({ dataset: 'people', revision: '3', sha256: 'ab' }, 1);
  const text = await metrics.text();
  for (const row of [
    'sealstream_stage_records_total{stage="mask",dataset="people",topic="masked.people",outcome="out"} 5',
    'sealstream_stage_bytes_total{stage="mask",dataset="people",topic="masked.people",outcome="out"} 500',
    'sealstream_stage_lag_records{stage="mask",dataset="people",partition="0"} 7',
    'sealstream_rejected_records_total{stage="mask",dataset="people",code="RECORD_WRONG_TYPE"} 1',
    'sealstream_end_to_end_latency_seconds_count{stage="mask",dataset="people"} 1',
    'sealstream_batch_seconds_count{stage="mask",dataset="people"} 1',
    'sealstream_transactions_total{stage="mask",dataset="people",result="committed"} 1',
    'sealstream_stage_paused{stage="mask",dataset="people",partition="0",code="KEYRING_STALE"} 1',
    'sealstream_policy_info{dataset="people",revision="3",sha256="ab"} 1',
  ])
    expect(text).toContain(row);
});

test('two processes in one test keep their metrics apart', async () => {
  const [one, two] = [openMetrics('mask'), openMetrics('encrypt')];
  one.counter('sealstream_x_total', 'x', ['a']).inc({ a: '1' });
  expect(await two.text()).not.toContain('sealstream_x_total');
});
