import { gzipSync } from 'node:zlib';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';

/** The forms of payload that readers of Kafka meet, each of which can be a bomb. */
export type BombForm = 'gzip' | 'snappy' | 'snappy-java' | 'lz4' | 'zstd';

export const BOMBS: readonly { form: BombForm; codec: number }[] = [
  { form: 'gzip', codec: 1 },
  { form: 'snappy', codec: 2 },
  { form: 'snappy-java', codec: 2 },
  { form: 'lz4', codec: 3 },
  { form: 'zstd', codec: 4 },
];

const MEBIBYTE = 1024 * 1024;

const MAKERS: Readonly<Record<BombForm, (mebibytes: number) => Buffer>> = {
  gzip: (mebibytes) => repeated(gzipSync(Buffer.alloc(MEBIBYTE)), mebibytes),
  snappy: (mebibytes) => bareSnappy(mebibytes * MEBIBYTE),
  'snappy-java': (mebibytes) => {
    const block = compressSync(Buffer.alloc(MEBIBYTE / 32));
    const framed = Buffer.concat([Buffer.alloc(4), block]);
    framed.writeInt32BE(block.length);
    const header = Buffer.from('82534e41505059000000000100000001', 'hex');
    return Buffer.concat([header, repeated(framed, mebibytes * 32)]);
  },
  lz4: (mebibytes) => {
    const frame = compressFrameSync(Buffer.alloc(4 * MEBIBYTE));
    const [header, block, end] = [frame.subarray(0, 7), frame.subarray(7, -4), Buffer.alloc(4)];
    return Buffer.concat([header, repeated(block, mebibytes / 4), end]);
  },
  zstd: (mebibytes) => oneZstdFrame(mebibytes * 8),
};

/** A payload that becomes so many MiB of zeros, a multiple of 4, put together without having them. */
export function zeros(form: BombForm, mebibytes: number): Buffer {
  return MAKERS[form](mebibytes);
}

function repeated(piece: Buffer, times: number): Buffer {
  return Buffer.alloc(piece.length * times, piece);
}

/** 64 zeros as they are, then copies of 64 bytes from one byte before. */
function bareSnappy(sizeBytes: number): Buffer {
  const length: number[] = [];
  for (let rest = sizeBytes; rest > 0; rest = Math.floor(rest / 128))
    length.push((rest % 128) + (rest >= 128 ? 128 : 0));
  const literal = Buffer.concat([Buffer.from([60 << 2, 63]), Buffer.alloc(64)]);
  const copies = repeated(Buffer.from([(63 << 2) | 2, 1, 0]), sizeBytes / 64 - 1);
  return Buffer.concat([Buffer.from(length), literal, copies]);
}

/** Blocks of one repeated byte, 128 KiB each; the window is 8 MiB. RFC 8878, 3.1.1. */
function oneZstdFrame(blocks: number): Buffer {
  const header = Buffer.from('28b52ffd0068', 'hex');
  const block = (isLast: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUIntLE((131_072 << 3) | (1 << 1) | isLast, 0, 3);
    return bytes;
  };
  return Buffer.concat([header, repeated(block(0), blocks - 1), block(1)]);
}
