import { createRequire } from 'node:module';
// As one object: what this Node does not have is then found by checkCodecs, not by the import.
import zlib from 'node:zlib';
import { SealstreamError } from '@sealstream/contracts';
import type * as Lz4 from 'lz4-napi';
import type * as Snappy from 'snappy';
import { lz4FrameBound } from './lz4-frame.ts';
import { uncompressSnappy } from './snappy-blocks.ts';

/**
 * What records of a batch are compressed with, at the number that stands in its attributes.
 * Source: Apache Kafka, "Record Batch" of the message format.
 */
export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Compression = (typeof COMPRESSIONS)[number];
type CodecName = Exclude<Compression, 'none'>;

/** The most that one fetched batch may become when decompressed. */
export const MAX_BATCH_BYTES = 64 * 1024 * 1024;

/** Output comes in pieces; in zlib's default ones, of 16 KiB, gunzip takes twice as long. */
const BOUNDED = { maxOutputLength: MAX_BATCH_BYTES, chunkSize: 64 * 1024 };

interface Codec {
  compress(bytes: Buffer): Buffer;
  /** Throws before it has spent much more memory than MAX_BATCH_BYTES. */
  decompress(bytes: Buffer): Buffer;
}

const fromHere = createRequire(import.meta.url);

const OPENERS: Readonly<Record<CodecName, { from: string; open: () => Codec }>> = {
  gzip: {
    from: 'node:zlib',
    open: () => ({
      compress: (bytes) => zlib.gzipSync(bytes),
      decompress: (bytes) => zlib.gunzipSync(bytes, BOUNDED),
    }),
  },
  snappy: {
    from: 'snappy',
    open: () => {
      const { compressSync, uncompressSync } = fromHere('snappy') as typeof Snappy;
      const uncompress = (block: Buffer) => uncompressSync(block, { asBuffer: true }) as Buffer;
      return {
        // Without the framing of Java's client, as librdkafka writes it: every client reads that.
        compress: (bytes) => compressSync(bytes),
        decompress: (bytes) => uncompressSnappy(bytes, MAX_BATCH_BYTES, uncompress),
      };
    },
  },
  lz4: {
    from: 'lz4-napi',
    open: () => {
      const { compressFrameSync, decompressFrameSync } = fromHere('lz4-napi') as typeof Lz4;
      return {
        compress: (bytes) => compressFrameSync(bytes),
        decompress: (bytes) => {
          if (lz4FrameBound(bytes) > MAX_BATCH_BYTES) throw new RangeError('more than is allowed');
          return decompressFrameSync(bytes);
        },
      };
    },
  },
  zstd: {
    from: 'node:zlib',
    open: () => ({
      compress: (bytes) => zlib.zstdCompressSync(bytes),
      decompress: (bytes) => zlib.zstdDecompressSync(bytes, BOUNDED),
    }),
  },
};

const opened = new Map<CodecName, Codec>();
const SAMPLE = Buffer.from('Sealstream compresses this at every start. '.repeat(8));

/** Throws CODEC_UNAVAILABLE when its native code cannot be loaded or does not give back a sample. */
function codecOf(name: CodecName): Codec {
  const known = opened.get(name);
  if (known !== undefined) return known;
  const { from, open } = OPENERS[name];
  try {
    const codec = open();
    if (!codec.decompress(codec.compress(SAMPLE)).equals(SAMPLE)) throw new RangeError('not whole');
    opened.set(name, codec);
    return codec;
  } catch {
    throw new SealstreamError('CODEC_UNAVAILABLE', { codec: name, from });
  }
}

/**
 * Loads every codec and tries it, so that one that is not there is known at the start and not at
 * the first batch that needs it, maybe months later. Throws CODEC_UNAVAILABLE with its name.
 */
export function checkCodecs(): void {
  for (const name of COMPRESSIONS) if (name !== 'none') codecOf(name);
}

/**
 * A records section in the form that Kafka's Java client, librdkafka and kafkajs read: gzip, bare
 * snappy, one LZ4 frame of independent blocks, or a Zstandard frame.
 */
export function compress(compression: CodecName, bytes: Buffer): Buffer {
  return codecOf(compression).compress(bytes);
}

/**
 * A records section as it was before it was compressed, at most MAX_BATCH_BYTES of it.
 *
 * `id` is the number in the batch's attributes. Throws BATCH_UNREADABLE for a number that is none,
 * for bytes that do not open, and for more than MAX_BATCH_BYTES, before the memory is spent: the
 * partition stops, nothing is passed over.
 */
export function decompress(id: number, bytes: Buffer): Buffer {
  const name = COMPRESSIONS.at(id) ?? 'none';
  if (name === 'none') throw new SealstreamError('BATCH_UNREADABLE', { codec: id });
  const codec = codecOf(name);
  try {
    return codec.decompress(bytes);
  } catch {
    throw new SealstreamError('BATCH_UNREADABLE', { codec: name });
  }
}
