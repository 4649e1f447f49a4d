import type { DatasetTopics } from '@sealstream/contracts';
import type { Dataset } from '@sealstream/policy';

/** What a topic is to a dataset. */
export interface TopicRole {
  readonly dataset: Dataset;
  readonly role: keyof DatasetTopics;
}

/** The dataset that a topic belongs to, among those given; undefined when it is none of theirs. */
export function roleOf(topic: string, datasets: Iterable<Dataset>): TopicRole | undefined {
  for (const dataset of datasets)
    for (const role of Object.keys(dataset.topics) as (keyof DatasetTopics)[])
      if (dataset.topics[role] === topic) return { dataset, role };
  return undefined;
}
