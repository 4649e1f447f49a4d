import { refuse } from '../kafka-errors.ts';
import { ByteWriter } from './byte-writer.ts';
import { type WireRequest, wireRequest } from './requests.ts';

/** What the broker keeps of a password under SCRAM (RFC 5802), by one mechanism. */
interface StoredCredential {
  /** Kafka's number of the mechanism. */
  readonly mechanism: number;
  readonly iterations: number;
}

interface UserCredentials {
  readonly name: string;
  readonly credentials: readonly StoredCredential[];
}

/** A credential as it is set; of the password itself nothing goes over the wire. */
export interface NewCredential extends StoredCredential {
  readonly name: string;
  readonly salt: Uint8Array;
  readonly saltedPassword: Uint8Array;
}

/** A credential that is taken away. */
export interface OldCredential extends Pick<StoredCredential, 'mechanism'> {
  readonly name: string;
}

/** How it went for one user; 0 is well. */
interface CredentialOutcome {
  readonly name: string;
  readonly errorCode: number;
}

interface DescribedUsers {
  readonly users: readonly UserCredentials[];
}

interface CredentialOutcomes {
  readonly outcomes: readonly CredentialOutcome[];
}

/** DescribeUserScramCredentials v0 of all users. A flexible version: see metadata-request.ts. */
export function describeScramRequest(): WireRequest<DescribedUsers> {
  // An empty list asks for all. With none at all, Kafka 4.1 gives whoever may not ask no answer.
  const body = new ByteWriter().int8(0).unsignedVarint(1).int8(0);
  const api = { key: 50, version: 0, name: 'DescribeUserScramCredentials' };
  return wireRequest<DescribedUsers>(api, body, (reader) => {
    reader.skipTags();
    reader.int32();
    refuse(reader.int16());
    reader.compactString();
    const users = reader.compactArray((user) => {
      const name = user.compactString() ?? '';
      refuse(user.int16());
      user.compactString();
      const credentials = user.compactArray((one) => {
        const mechanism = one.int8();
        const iterations = one.int32();
        one.skipTags();
        return { mechanism, iterations };
      });
      user.skipTags();
      return { name, credentials };
    });
    return { users };
  });
}

/** AlterUserScramCredentials v0; of one user the broker takes one change. A flexible version, too. */
export function alterScramRequest(
  deleted: readonly OldCredential[],
  set: readonly NewCredential[],
): WireRequest<CredentialOutcomes> {
  const body = new ByteWriter().int8(0).unsignedVarint(deleted.length + 1);
  for (const { mechanism, name } of deleted) body.compactString(name).int8(mechanism).int8(0);
  body.unsignedVarint(set.length + 1);
  for (const { iterations, mechanism, name, salt, saltedPassword } of set) {
    body.compactString(name).int8(mechanism).int32(iterations);
    for (const bytes of [salt, saltedPassword]) body.unsignedVarint(bytes.length + 1).raw(bytes);
    body.int8(0);
  }
  body.int8(0);
  const api = { key: 51, version: 0, name: 'AlterUserScramCredentials' };
  return wireRequest<CredentialOutcomes>(api, body, (reader) => {
    reader.skipTags();
    reader.int32();
    const outcomes = reader.compactArray((user) => {
      const name = user.compactString() ?? '';
      const errorCode = user.int16();
      user.compactString();
      user.skipTags();
      return { name, errorCode };
    });
    return { outcomes };
  });
}
