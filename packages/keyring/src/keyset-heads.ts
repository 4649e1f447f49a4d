import { SealstreamError } from '@sealstream/contracts';
import type { SignedKeyset } from './keyset-document.ts';

/**
 * The latest signed document of each keyset, kept where Redis cannot change it. The service and
 * the CLI fill this from the compacted topic `keyring`.
 */
export interface KeysetHeads {
  /** Documents by `purpose/dataset`. */
  load(): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Resolves when the document is durable there. */
  publish(name: string, document: Uint8Array): Promise<void>;
}

/** How far a keyset is known to have come. */
export type KeysetHead = Pick<SignedKeyset, 'document' | 'digest'>;

/**
 * Refuses a keyset that is older than its head, or another one of the same version.
 * Throws KEYSET_ROLLED_BACK.
 */
export function checkHead(name: string, head: KeysetHead | undefined, found: KeysetHead): void {
  if (head === undefined) return;
  const [known, version] = [head.document.version, found.document.version];
  if (version < known || (version === known && found.digest !== head.digest))
    throw new SealstreamError('KEYSET_ROLLED_BACK', { keyset: name, version, head: known });
}
