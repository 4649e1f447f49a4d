import type { Refusal } from './verdict.ts';

/** A zero byte and the id of the schema, as Confluent's serializers write it. */
export const FRAME_BYTES = 5;

/** What a frame begins with; no JSON text does. */
export const FRAME_START = 0;

/** Where JSON begins in bytes[from, to): behind the id of its schema, when it has one. */
export function jsonStart(bytes: Buffer, from: number, to: number): number {
  return to - from >= FRAME_BYTES && bytes[from] === FRAME_START ? from + FRAME_BYTES : from;
}

/** Counts the place of a refusal from so many bytes before. */
export function moved(refusal: Refusal | undefined, by: number): Refusal | undefined {
  if (refusal?.byte === undefined) return refusal;
  return { ...refusal, byte: refusal.byte + by };
}
