/** Where a group stands on a partition. */
export interface CommittedOffset {
  /** Next offset to read, or -1 when nothing was ever committed. */
  readonly offset: bigint;
  /** End of the last accounted range; null when the offset was set by hand. */
  readonly accounted: bigint | null;
  /** The topic's id at the time, in hexadecimal; '' when the offset was set by hand. */
  readonly topicId: string;
}

/**
 * What stands in a committed offset's metadata: `ACCOUNTED TOPICID`. Kafka keeps offsets by the
 * topic's name only, so without the id an offset of a topic that was deleted would be taken for one
 * of the topic that was made anew under its name.
 */
export function offsetMetadata(accounted: string, topicId: Buffer): string {
  return `${accounted} ${topicId.toString('hex')}`;
}

/** Anything else in the metadata counts as set by hand. */
export function committedOffset(offset: bigint, metadata: string): CommittedOffset {
  const [, accounted, topicId = ''] = /^(\d{1,19})(?: ([\da-f]{32}))?$/.exec(metadata) ?? [];
  return { offset, accounted: accounted === undefined ? null : BigInt(accounted), topicId };
}
