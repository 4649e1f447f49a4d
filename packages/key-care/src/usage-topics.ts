import type { Bus } from '@sealstream/bus';
import { maskStateTopic } from '@sealstream/contracts';
import type { Dataset } from '@sealstream/policy';

/**
 * The topics of a dataset on which its keys can be found, as far as they are there; masked holds nothing
 * sealed. What waits in mask for a group does, also when the policy asks for groups no more.
 *
 * @param without topics that are not asked for at all
 */
export async function usageTopics(
  { admin }: Pick<Bus, 'admin'>,
  { name, topics }: Dataset,
  without: readonly string[] = [],
): Promise<string[]> {
  const { accepted, encrypted, raw, rejected } = topics;
  const asked = [raw, accepted, rejected, encrypted, maskStateTopic(name)];
  const found = await admin.topics(asked.filter((topic) => !without.includes(topic)));
  return found.map((topic) => topic.name);
}
