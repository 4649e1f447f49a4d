import { ALERT_TOPIC, CHECKPOINT_TOPIC, KEYRING_TOPIC } from '@sealstream/contracts';
import type { Dataset } from './dataset.ts';
import type { Place, SourceText } from './source-text.ts';

const TOPIC_NAME = /^[A-Za-z0-9._-]{1,249}$/;
/** Leaves room for the prefixes of topics and groups within Kafka's 249 characters. */
const DATASET_NAME = /^[A-Za-z0-9._-]{1,200}$/;
/** Kafka refuses two topics whose metric names, in which a dot is an underscore, are the same. */
const metricName = (topic: string): string => topic.replaceAll('.', '_');
const OWN = new Set([ALERT_TOPIC, CHECKPOINT_TOPIC, KEYRING_TOPIC].map(metricName));
const OWN_PREFIX = /^(?:audit_events_|mask_state_|__)/;

/** Why this cannot name a dataset, or undefined. */
export function datasetNameProblem(name: string): string | undefined {
  if (DATASET_NAME.test(name) && name !== '.' && name !== '..') return undefined;
  return 'a dataset is named by 1 to 200 of the letters, digits, dot, _ and - that Kafka allows';
}

/** Reports topic names that Kafka refuses, that are Sealstream's own, or that are used twice. */
export function checkTopics(source: SourceText, datasets: Iterable<Dataset>): void {
  const taken = new Map<string, string>();
  for (const { name, topics } of datasets) {
    const place: Place = ['datasets', name, 'topics'];
    for (const [role, topic] of Object.entries(topics) as [string, string][]) {
      const metric = metricName(topic);
      const rival = taken.get(metric);
      taken.set(metric, `${name}/${role}`);
      if (!TOPIC_NAME.test(topic) || topic === '.' || topic === '..')
        source.report(
          [...place, role],
          `${role}: a topic is named by 1 to 249 letters, digits, dots, _ and -`,
        );
      else if (OWN.has(metric) || OWN_PREFIX.test(metric))
        source.report([...place, role], `${role}: ${topic} is kept for Sealstream or Kafka itself`);
      else if (rival !== undefined)
        source.report(
          [...place, role],
          `${role}: ${topic} is the same topic as ${rival}; each needs its own (. and _ are alike)`,
        );
    }
  }
}
