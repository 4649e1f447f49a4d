import type { ByteRange } from '@sealstream/contracts';
import type { Header } from '../records.ts';
import { VarintReader, varintSize, writeVarint } from './varint.ts';

/** Passes over a header section. Throws a RangeError when it is not one. */
export function skipHeaders(reader: VarintReader): void {
  const count = reader.int();
  if (count < 0) throw new RangeError('a header count is negative');
  for (let index = 0; index < count; index += 1) {
    reader.skip(reader.int());
    const sizeBytes = reader.int();
    if (sizeBytes >= 0) reader.skip(sizeBytes);
  }
}

/** The headers of a section, in order, repeats kept; values are views. */
export function readHeaders({ bytes, from, to }: ByteRange): Header[] {
  const reader = new VarintReader(bytes, from, to);
  const count = from < 0 ? 0 : reader.int();
  const headers: Header[] = [];
  for (let index = 0; index < count; index += 1) {
    const nameBytes = reader.int();
    const nameAt = reader.skip(nameBytes);
    const name = bytes.toString('utf8', nameAt, nameAt + nameBytes);
    const sizeBytes = reader.int();
    const value = sizeBytes < 0 ? null : reader.skip(sizeBytes);
    headers.push([name, value === null ? null : bytes.subarray(value, value + sizeBytes)]);
  }
  return headers;
}

/** Bytes of the section that holds these headers. */
export function headersSize(headers: readonly Header[]): number {
  let size = varintSize(headers.length);
  for (const [name, value] of headers) {
    const nameBytes = Buffer.byteLength(name);
    size += varintSize(nameBytes) + nameBytes;
    size += value === null ? 1 : varintSize(value.length) + value.length;
  }
  return size;
}

/** Writes the section at `start`; gives the place after it. */
export function writeHeaders(bytes: Buffer, start: number, headers: readonly Header[]): number {
  let at = writeVarint(bytes, start, headers.length);
  for (const [name, value] of headers) {
    at = writeVarint(bytes, at, Buffer.byteLength(name));
    at += bytes.write(name, at);
    at = writeVarint(bytes, at, value === null ? -1 : value.length);
    if (value === null) continue;
    bytes.set(value, at);
    at += value.length;
  }
  return at;
}
