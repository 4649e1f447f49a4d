/** What verification can find. */
export type FindingKind =
  /** The signed state itself. */
  | 'checkpoint-missing'
  | 'checkpoint-bad'
  | 'checkpoint-stale'
  | 'root-differs'
  /** An older checkpoint says otherwise. */
  | 'older-checkpoint-bad'
  | 'rollback'
  | 'fork'
  /** Files and entries. */
  | 'file-missing'
  | 'file-changed'
  | 'file-unexpected'
  | 'entry-changed'
  /** What the events say: the log is whole, but they do not join. */
  | 'entry-unreadable'
  | 'source-repeat'
  | 'gap'
  | 'repeat'
  | 'emitter-foreign'
  | 'event-invalid';

/** One thing that is not as it must be. Holds names and numbers, never a value of a record. */
export interface Finding {
  readonly kind: FindingKind;
  readonly message: string;
  /** Index of the entry. */
  readonly entry?: number;
  /** Path below the log's directory. */
  readonly file?: string;
  readonly topic?: string;
  readonly emitter?: string;
  readonly expected?: string;
  readonly seen?: string;
}

/** Findings about what events say, not about whether the log was changed. */
const ABOUT_EVENTS: ReadonlySet<FindingKind> = new Set([
  'entry-unreadable',
  'source-repeat',
  'gap',
  'repeat',
  'emitter-foreign',
  'event-invalid',
]);

/** Whether the finding is about the events, while the log itself may be untouched. */
export function isAboutEvents({ kind }: Finding): boolean {
  return ABOUT_EVENTS.has(kind);
}

/** Order of telling: the signed state, then entry by entry, then files. */
export function byPlace(a: Finding, b: Finding): number {
  return placeOf(a) - placeOf(b);
}

function placeOf({ entry, file, kind }: Finding): number {
  if (entry !== undefined) return entry;
  return file === undefined || kind.startsWith('checkpoint') ? -1 : Number.MAX_SAFE_INTEGER;
}
