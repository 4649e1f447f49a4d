/** Pages, in the order of the menu, and the action that each needs. */
export const PAGES = [
  { id: 'flow', title: 'Flow', action: 'flow.read' },
  { id: 'alerts', title: 'Alerts', action: 'alerts.read' },
  { id: 'rejects', title: 'Rejects', action: 'rejects.read' },
  { id: 'reveal', title: 'Reveal', action: 'reveal' },
  { id: 'accesses', title: 'Accesses', action: 'audit.read' },
  { id: 'audit', title: 'Audit', action: 'audit.read' },
  { id: 'coverage', title: 'Coverage', action: 'policy.read' },
  { id: 'keys', title: 'Keys', action: 'keys.read' },
  { id: 'persons', title: 'Persons', action: 'subjects.read' },
  { id: 'approvals', title: 'Approvals', action: 'approvals.decide' },
] as const;
export type PageId = (typeof PAGES)[number]['id'];

/** Where in the console the reader is. It stands behind the address's #, which no server sees. */
export interface Place {
  /** undefined where the address names no page. */
  readonly page: PageId | undefined;
  /** Whether the address names something that is no page. */
  readonly isUnknown: boolean;
  /** Names only (a dataset); never a value. */
  readonly dataset: string | undefined;
}

export function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const page = PAGES.find(({ id }) => id === path)?.id;
  const dataset = new URLSearchParams(query).get('dataset') ?? undefined;
  return { page, isUnknown: page === undefined && path !== '', dataset };
}

export function addressOf(page: PageId, dataset?: string): string {
  const query = dataset === undefined ? '' : `?${new URLSearchParams({ dataset }).toString()}`;
  return `#/${page}${query}`;
}

/** The pages that these actions open. */
export const openPages = (actions: readonly string[]) =>
  PAGES.filter(({ action }) => actions.includes(action));
