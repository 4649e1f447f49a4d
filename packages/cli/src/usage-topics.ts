import type { DatasetTopics } from '@sealstream/contracts';
import type { Dataset } from '@sealstream/policy';

import type { UsageRole } from './key-usage.ts';
import { roleOf } from './topic-role.ts';

/** Where key ids stand in the records of a dataset's topics; others hold nothing sealed. */
const ROLES: Readonly<Partial<Record<keyof DatasetTopics, UsageRole>>> = {
  raw: 'producer-sealed',
  accepted: 'sealed-records',
  rejected: 'sealed-records',
  encrypted: 'tokens',
};

/** The topics of a dataset on which its keys can be found. */
export function usageTopics({ topics }: Dataset): Map<string, UsageRole> {
  const found = new Map<string, UsageRole>();
  for (const [role, how] of Object.entries(ROLES))
    found.set(topics[role as keyof DatasetTopics], how);
  return found;
}

/** How to look for key ids on any topic: what is none of a dataset's is searched as text. */
export function usageRole(topic: string, datasets: Iterable<Dataset>): UsageRole {
  const found = roleOf(topic, datasets);
  return (found && ROLES[found.role]) ?? 'tokens';
}
