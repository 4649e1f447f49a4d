/** Types of events on the audit log; a test holds them to those of the service. */
export const AUDIT_EVENT_TYPES = [
  'batch',
  'service-started',
  'service-stopped',
  'key-created',
  'key-rotated',
  'key-rewrapped',
  'key-new-epoch',
  'key-destroyed',
  'subject-shredded',
  'subject-re-enrolled',
  'epoch-rotated',
  'subjects-restored',
  'grant-created',
  'grant-revoked',
  'policy-loaded',
  'policy-refused',
  'schema-met',
  'offsets-set',
  'offsets-lost',
  'paused',
  'resumed',
  'replayed',
  'read',
  'detokenise-ordered',
  'detokenised',
  'access-ordered',
  'access-done',
  'access-denied',
  'approval-asked',
  'approval-given',
  'approval-refused',
  'approval-used',
  'signed-in',
  'sign-in-refused',
  'signed-out',
  'account-change-ordered',
  'account-changed',
  'break-glass',
  'deleted-behind',
  'topics-changed',
  'alert',
  'heartbeat',
  'gap',
] as const;

type Event = Readonly<Record<string, unknown>>;

/** A member of an event that is a text; undefined where it has none. */
export function textIn(event: Event | null, name: string): string | undefined {
  const value = event?.[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** What an event is about in a few words: names, counts and codes, as it has them. */
export function gistOf(event: Event): string {
  if (event['type'] === 'batch') {
    const { recordsIn, stage, topic } = event;
    return `${String(stage)}: ${String(recordsIn)} records of ${String(topic)}`;
  }
  const details = Object(event['details']) as Event;
  const said = [
    'action',
    'target',
    'keyId',
    'purpose',
    'reason',
    'approval',
    'code',
    'failed',
    'why',
  ];
  return said.flatMap((name) => textIn(details, name) ?? []).join(' · ');
}
