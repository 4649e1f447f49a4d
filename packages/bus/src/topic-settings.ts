import type { KafkaLink } from './kafka-link.ts';

const TOPIC_RESOURCE = 2;
const MAX_AGE_MS = 60_000;

const limits = new WeakMap<KafkaLink, Map<string, { bytes: number; at: number }>>();

/** A topic's settings by name, as the broker applies them. */
export async function topicSettings(
  link: KafkaLink,
  topic: string,
): Promise<ReadonlyMap<string, string>> {
  const broker = await link.anyBroker();
  const answer = await link.call(broker, () =>
    broker.describeConfigs({
      resources: [{ type: TOPIC_RESOURCE, name: topic, configNames: [] }],
    }),
  );
  const entries = answer.resources[0]?.configEntries ?? [];
  return new Map(entries.map((entry) => [entry.configName, entry.configValue]));
}

/** max.message.bytes of a topic, asked for at most once a minute. */
export async function topicLimit(link: KafkaLink, topic: string): Promise<number> {
  const known = limits.get(link) ?? new Map<string, { bytes: number; at: number }>();
  limits.set(link, known);
  const found = known.get(topic);
  if (found !== undefined && Date.now() - found.at < MAX_AGE_MS) return found.bytes;
  const settings = await topicSettings(link, topic);
  const bytes = Number(settings.get('max.message.bytes') ?? 1_048_588);
  known.set(topic, { bytes, at: Date.now() });
  return bytes;
}
