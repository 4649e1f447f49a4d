import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** No key is longer, and a form of one may lie across two pieces. */
const OVERLAP_BYTES = 256;
const PIECE_BYTES = 2 ** 16;
/** Most of what is mapped was never touched. */
const NOTHING = Buffer.alloc(PIECE_BYTES);

/** What a key looks like where it should not be, by name; each part is enough to be the key. */
export function formsOf(key: Buffer): Readonly<Record<string, readonly Buffer[]>> {
  const half = key.length / 2;
  const texts = [key.toString('hex'), key.toString('base64'), key.toString('base64url')];
  const [hex, base64, base64url] = texts.map((text) => [
    // Half of it, so that what was wiped in part is found; in one byte a character, and in two.
    Buffer.from(text.slice(0, text.length / 2)),
    Buffer.from(text.slice(0, text.length / 2), 'utf16le'),
  ]);
  const raw = [key.subarray(0, half), key.subarray(half)];
  return { raw, hex: hex ?? [], base64: base64 ?? [], base64url: base64url ?? [] };
}

interface Part {
  readonly what: string;
  readonly bytes: Buffer;
}

/** The forms of keys that stand in any of the pieces, as `name form`, sorted. */
export function findKeys(
  keys: ReadonlyMap<string, Buffer>,
  pieces: Iterable<Buffer>,
): readonly string[] {
  // By their first two bytes: one look at each place, however many parts are looked for.
  const byBegin = new Map<number, Part[]>();
  const begins = new Uint8Array(2 ** 16);
  for (const [name, key] of keys)
    for (const [form, parts] of Object.entries(formsOf(key)))
      for (const bytes of parts) {
        const begin = bytes.readUInt16LE(0);
        begins[begin] = 1;
        const part = { what: `${name} ${form}`, bytes };
        byBegin.set(begin, [...(byBegin.get(begin) ?? []), part]);
      }
  const found = new Set<string>();
  for (const piece of pieces)
    for (let at = 0; at + 1 < piece.length; at++) {
      const begin = piece[at] | (piece[at + 1] << 8);
      if (begins[begin] === 0) continue;
      for (const { bytes, what } of byBegin.get(begin) ?? [])
        if (stands(bytes, piece, at)) found.add(what);
    }
  return [...found].sort();
}

function stands(bytes: Buffer, piece: Buffer, at: number): boolean {
  for (let i = 0; i < bytes.length; i++) if (piece[at + i] !== bytes[i]) return false;
  return true;
}

/**
 * All memory of a process that can be written, as a debugger or a core file would have it, and what a
 * core would leave out (MADV_DONTDUMP) as well. A piece stands until the next one is taken.
 */
export function* memoryOf(pid: number): Generator<Buffer> {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const piece = Buffer.alloc(PIECE_BYTES);
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, from = '', to = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      if (from === '') continue;
      const end = BigInt(`0x${to}`);
      for (let at = BigInt(`0x${from}`); at < end; at += BigInt(PIECE_BYTES - OVERLAP_BYTES)) {
        const length = Number(end - at < BigInt(PIECE_BYTES) ? end - at : BigInt(PIECE_BYTES));
        const read = readAt(memory, piece, length, at);
        const found = piece.subarray(0, read);
        if (!found.equals(NOTHING.subarray(0, read))) yield found;
      }
    }
  } finally {
    closeSync(memory);
    piece.fill(0);
  }
}

/** Special mappings of the kernel cannot be read: they hold nothing of ours. */
function readAt(file: number, piece: Buffer, length: number, at: bigint): number {
  try {
    return readSync(file, piece, 0, length, at);
  } catch {
    return 0;
  }
}
