import { ByteWriter } from './byte-writer.ts';
import { type WireRequest, wireRequest } from './requests.ts';

export interface PartitionLeader {
  readonly partition: number;
  readonly leader: number;
  readonly errorCode: number;
  readonly replicas: number;
}

/** A topic as the cluster knows it now. */
export interface TopicMetadata {
  readonly name: string;
  readonly errorCode: number;
  /** Kafka's topic id, 16 bytes: another one means that the topic was deleted and made again. */
  readonly id: Buffer;
  readonly partitions: readonly PartitionLeader[];
  /** Bit n: this user may do operation n of Kafka's access rules; means nothing where it was not asked. */
  readonly operations: number;
}

/** The brokers and topics of the cluster. */
export interface MetadataAnswer {
  readonly controllerId: number;
  readonly brokers: number;
  readonly topics: TopicMetadata[];
}

/**
 * Metadata v10, the first that carries topic ids; kafkajs stops at v6. A flexible version: the
 * request header ends with tagged fields, so the body begins with their (empty) list, and so does
 * the answer.
 */
export function metadataRequest(
  topics: readonly string[] | null,
  { withOperations = false }: { readonly withOperations?: boolean } = {},
): WireRequest<MetadataAnswer> {
  const body = new ByteWriter().int8(0).unsignedVarint(topics === null ? 0 : topics.length + 1);
  for (const topic of topics ?? []) body.raw(Buffer.alloc(16)).compactString(topic).int8(0);
  // Creating no topic, not what may be done to the cluster, what may be done to topics, no tagged fields.
  body
    .int8(0)
    .int8(0)
    .int8(withOperations ? 1 : 0)
    .int8(0);
  return wireRequest<MetadataAnswer>({ key: 3, version: 10, name: 'Metadata' }, body, (reader) => {
    reader.skipTags();
    reader.int32();
    const brokers = reader.compactArray((broker) => {
      broker.int32();
      broker.compactString();
      broker.int32();
      broker.compactString();
      broker.skipTags();
      return 1;
    });
    reader.compactString();
    const controllerId = reader.int32();
    const all = reader.compactArray((topic) => {
      const errorCode = topic.int16();
      const name = topic.compactString() ?? '';
      const id = Buffer.from(topic.view(16));
      topic.int8();
      const partitions = topic.compactArray((partition) => {
        const partitionError = partition.int16();
        const index = partition.int32();
        const leader = partition.int32();
        partition.int32();
        const replicas = partition.compactArray(() => partition.int32()).length;
        partition.compactArray(() => partition.int32());
        partition.compactArray(() => partition.int32());
        partition.skipTags();
        return { partition: index, leader, errorCode: partitionError, replicas };
      });
      const operations = topic.int32();
      topic.skipTags();
      return { name, errorCode, id, partitions, operations };
    });
    return { controllerId, brokers: brokers.length, topics: all };
  });
}
