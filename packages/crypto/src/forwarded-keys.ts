import type { Purpose } from '@sealstream/contracts';
import type { KeyUse } from './derivation.ts';
import type { KeyHandle } from './key-handle.ts';
import type { ActiveKey, KeySource, PublicKey } from './key-source.ts';

/** A key source that gives what another one gives; whoever extends it adds or notes something. */
export class ForwardedKeys implements KeySource {
  readonly source: KeySource;

  constructor(source: KeySource) {
    this.source = source;
  }

  get subjects(): KeySource['subjects'] {
    return this.source.subjects;
  }

  get shreds(): KeySource['shreds'] {
    return this.source.shreds;
  }

  get vault(): KeySource['vault'] {
    return this.source.vault;
  }

  get record(): KeySource['record'] {
    return this.source.record;
  }

  active(use: KeyUse): ActiveKey {
    return this.source.active(use);
  }

  byId(use: KeyUse, id: string): KeyHandle {
    return this.source.byId(use, id);
  }

  publicKey(purpose: Purpose, dataset: string): PublicKey {
    return this.source.publicKey(purpose, dataset);
  }

  privateKey(purpose: Purpose, dataset: string, id: string): KeyHandle {
    return this.source.privateKey(purpose, dataset, id);
  }
}
