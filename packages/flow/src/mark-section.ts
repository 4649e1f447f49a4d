import { type ByteRange, SOURCE_HEADER } from '@sealstream/contracts';

/** Numbers below 64 take one byte in Kafka's header section, and twice their value. */
const oneByte = (value: number) => Buffer.from([value * 2]);

/** A header section of one header, up to the length of its value: a count, the name with its length. */
const PREFIX = Buffer.concat([
  oneByte(1),
  oneByte(SOURCE_HEADER.length),
  Buffer.from(SOURCE_HEADER, 'latin1'),
]);
const MARK_AT = PREFIX.length + 1;

/**
 * Finds the mark in a header section that holds it alone, as every record between our stages has it.
 * False for any other section.
 */
export function markAlone(section: ByteRange, mark: ByteRange): boolean {
  const { bytes, from, to } = section;
  const length = to - from - MARK_AT;
  if (length < 0 || bytes[from + PREFIX.length] !== length * 2) return false;
  for (let index = 0; index < PREFIX.length; index += 1)
    if (bytes[from + index] !== PREFIX[index]) return false;
  mark.bytes = bytes;
  mark.from = from + MARK_AT;
  mark.to = to;
  return true;
}

/** A header section that holds one mark, and the place of the mark in it. */
export interface MarkSection {
  readonly section: ByteRange;
  readonly mark: ByteRange;
}

/** The header section that holds this mark alone, in bytes of its own. */
export function markSection(encodedMark: Uint8Array): MarkSection {
  const bytes = Buffer.concat([PREFIX, oneByte(encodedMark.length), encodedMark]);
  return {
    section: { bytes, from: 0, to: bytes.length },
    mark: { bytes, from: MARK_AT, to: bytes.length },
  };
}
