import { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** A request in the form that kafkajs's connections send; the answer has to be an object. */
export interface WireRequest<Answer> {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    readonly expectResponse: () => boolean;
    /** `tail` follows the body on the wire as it stands: it must not change before the answer. */
    readonly encode: () => Promise<{ buf: Buffer; buffer: Buffer; tail: Buffer | null }>;
  };
  readonly response: {
    readonly decode: (payload: Buffer) => Promise<Answer>;
    readonly parse: (answer: Answer) => Promise<Answer>;
  };
  readonly requestTimeout: number | null;
  readonly logResponseError: boolean;
}

/** Wraps a body that was written and a reader of the answer into a request. */
export function wireRequest<Answer>(
  api: { key: number; version: number; name: string },
  body: ByteWriter,
  read: (reader: ByteReader) => Answer,
  requestTimeoutMs: number | null = null,
  tail: Buffer | null = null,
): WireRequest<Answer> {
  const bytes = body.done();
  return {
    request: {
      apiKey: api.key,
      apiVersion: api.version,
      apiName: api.name,
      expectResponse: () => true,
      encode: async () => ({ buf: bytes, buffer: bytes, tail }),
    },
    response: {
      decode: async (payload) => read(new ByteReader(payload)),
      parse: async (answer) => answer,
    },
    requestTimeout: requestTimeoutMs,
    logResponseError: false,
  };
}
