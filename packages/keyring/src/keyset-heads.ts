import { SealstreamError } from '@sealstream/contracts';

/**
 * The latest signed document of each keyset and of each register of subjects, kept where Redis
 * cannot change it. The service and the CLI fill this from the compacted topic `keyring`.
 */
export interface KeysetHeads {
  /** Documents by `purpose/dataset`. */
  load(): Promise<ReadonlyMap<string, Uint8Array>>;
  /**
   * Asked before anything is changed, so that nothing is begun that could never be made durable.
   *
   * @throws SealstreamError KAFKA_REFUSED where this process may not publish
   */
  requireWritable(): Promise<void>;
  /** Resolves when the document is durable there. */
  publish(name: string, document: Uint8Array): Promise<void>;
}

/** How far a document is known to have come. */
export interface KeysetHead {
  readonly document: { readonly version: number };
  readonly digest: string;
}

/**
 * Refuses a document that is older than its head, or another one of the same version.
 * Throws KEYSET_ROLLED_BACK.
 */
export function checkHead(name: string, head: KeysetHead | undefined, found: KeysetHead): void {
  if (head === undefined) return;
  const [known, version] = [head.document.version, found.document.version];
  if (version < known || (version === known && found.digest !== head.digest))
    throw new SealstreamError('KEYSET_ROLLED_BACK', { keyset: name, version, head: known });
}

/** The head that has come further; the second where both have come as far, so that it is compared. */
export function furtherHead(known: KeysetHead | undefined, other: KeysetHead): KeysetHead {
  return known !== undefined && known.document.version > other.document.version ? known : other;
}
