import { bytesOf } from './base64.ts';
import { leadsToRoot, leafHash } from './merkle-path.ts';
import { readCheckpoint } from './signed-checkpoint.ts';

/** An entry with what shows that it stands in the log, as the access service answers it. */
export interface EntryProof {
  readonly index: number;
  /** Base64. */
  readonly entry: string;
  /** The audit path of RFC 6962, base64, from the leaf's sibling up. */
  readonly proof: readonly string[];
  /** A C2SP signed note. */
  readonly checkpoint: string;
}

/** What a browser found of a proof. */
export type ProofCheck =
  | {
      readonly state: 'holds';
      readonly size: number;
      readonly origin: string;
      readonly text: string;
    }
  | { readonly state: 'broken'; readonly why: string }
  /** Without a secure context a browser hashes nothing. */
  | { readonly state: 'cannot' };

/** Whether this browser can check a proof. */
export const canCheck = (): boolean => globalThis.crypto?.subtle !== undefined;

/** Whether the path of a proof leads from the entry's own bytes to the root that its checkpoint names. */
export async function checkedProof(given: EntryProof): Promise<ProofCheck> {
  if (!canCheck()) return { state: 'cannot' };
  const checkpoint = readCheckpoint(given.checkpoint);
  const entry = bytesOf(given.entry);
  const path = given.proof.map(bytesOf);
  if (checkpoint === undefined)
    return { state: 'broken', why: 'its checkpoint has no form of one' };
  if (entry === undefined || !path.every((one) => one !== undefined))
    return { state: 'broken', why: 'it is not all base64' };
  const { origin, root, size } = checkpoint;
  const claim = { index: given.index, size, leaf: await leafHash(entry), path, root };
  if (!(await leadsToRoot(claim)))
    return { state: 'broken', why: 'it does not lead from the entry to the checkpoint' };
  return { state: 'holds', size, origin, text: new TextDecoder().decode(entry) };
}
