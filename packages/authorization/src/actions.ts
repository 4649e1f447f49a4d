/** What a rule must, may or must not say of an action. */
export type Need = 'must' | 'may' | 'never';

interface ActionRow {
  readonly meaning: string;
  /** What it is done to, and so what a rule and a request must name. */
  readonly on: 'fields' | 'dataset' | 'system';
  readonly purposes: Need;
  readonly quota: Need;
  /** Whether a second person must agree, whatever the policy says. */
  readonly fourEyes: boolean;
}

const onFields = { on: 'fields', purposes: 'may', quota: 'may', fourEyes: false } as const;
const onDataset = { on: 'dataset', purposes: 'may', quota: 'may', fourEyes: false } as const;
const onSystem = { on: 'system', purposes: 'may', quota: 'may', fourEyes: false } as const;

/**
 * What can be allowed; a closed list. What has a harmless and a grave form is two actions, so that no
 * flag decides about the second person: the grave form needs a rule and two people of its own.
 */
const ROWS = {
  reveal: { ...onFields, meaning: 'open sealed fields', purposes: 'must' },
  detokenise: { ...onFields, meaning: 'turn masks back', purposes: 'must' },
  // Whoever can make them finds a value by making all of them, so their number has an end.
  tokenise: { ...onFields, meaning: 'make masks of values', quota: 'must' },
  seal: { ...onFields, meaning: 'seal values', quota: 'must' },
  'keys.resolve': { ...onSystem, meaning: 'get keys of single persons under a grant' },
  'keys.read': { ...onDataset, meaning: 'list keysets and their use' },
  'keys.rotate': { ...onDataset, meaning: 'make new keys' },
  'keys.rewrap': { ...onDataset, meaning: 'wrap keysets anew under the outermost key they have' },
  'keys.move': { ...onDataset, meaning: 'move keysets to other outermost keys', fourEyes: true },
  'keys.destroy': { ...onDataset, meaning: 'end keys that nothing needs any more' },
  'keys.destroy-forced': {
    ...onDataset,
    meaning: 'end keys that something still needs',
    fourEyes: true,
  },
  'subjects.read': { ...onDataset, meaning: 'see whether a person has a key or was shredded' },
  'subjects.shred': { ...onDataset, meaning: 'end the key of a person', fourEyes: true },
  // What was promised to a person ends with it, so it is nobody's who may only shred.
  'subjects.re-enrol': {
    ...onDataset,
    meaning: 'let a shredded person have a key again',
    fourEyes: true,
  },
  'grants.read': { ...onDataset, meaning: 'list grants' },
  'grants.create': { ...onDataset, meaning: 'let a consumer open fields' },
  'grants.revoke': { ...onDataset, meaning: 'end a grant' },
  'rejects.read': { ...onDataset, meaning: 'see why records were rejected' },
  'rejects.replay': { ...onDataset, meaning: 'send rejected records through again' },
  'policy.read': { ...onSystem, meaning: 'read the policy' },
  'policy.propose': { ...onSystem, meaning: 'change the policy where nobody may or sees more' },
  'policy.weaken': {
    ...onSystem,
    meaning: 'change the policy where somebody may or sees more, or perhaps',
    fourEyes: true,
  },
  'audit.read': { ...onSystem, meaning: 'query the audit log' },
  'audit.export': { ...onSystem, meaning: 'take the audit log out', fourEyes: true },
  'alerts.read': { ...onSystem, meaning: 'see alerts' },
  'alerts.acknowledge': { ...onSystem, meaning: 'say that an alert is being looked at' },
  'flow.read': { ...onSystem, meaning: 'see rates, lags and health' },
  'accounts.read': { ...onSystem, meaning: 'list accounts and API keys' },
  'accounts.write': { ...onSystem, meaning: 'make, change and disable accounts and API keys' },
  // Whoever sets it can sign in as the other, and so be two people.
  'accounts.credentials': {
    ...onSystem,
    meaning: 'set the password of an account that has roles, or make an API key of another account',
    fourEyes: true,
  },
  'roles.assign': { ...onSystem, meaning: 'give or take a role', fourEyes: true },
  // What is approved has the purpose; the approval itself is one look at it.
  'approvals.decide': {
    ...onSystem,
    meaning: 'approve what needs a second person',
    purposes: 'never',
    quota: 'never',
  },
} as const satisfies Readonly<Record<string, ActionRow>>;

export type Action = keyof typeof ROWS;

/** Every action with what rules say of it, in the order of the documents. */
export const ACTIONS: Readonly<Record<Action, ActionRow>> = ROWS;

export const ACTION_NAMES = Object.keys(ROWS) as [Action, ...Action[]];

/** Whether a text from outside names an action. */
export const isAction = (text: string): text is Action => Object.hasOwn(ROWS, text);
