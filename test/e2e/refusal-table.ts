/** What came of one try of somebody's. */
export interface Tried {
  /** By which credentials. */
  readonly who: string;
  readonly where: 'Kafka' | 'Redis' | 'HTTP';
  /** What was tried, then what it was tried on. */
  readonly what: string;
  /** `allowed`, or what it was refused with. */
  readonly outcome: string;
}

/** Allowed things of somebody: of each deed, what it may be done to. */
export type Allowed = Readonly<Record<string, string>>;

const HEAD = ['who', 'where', 'tried', 'allowed', 'refused with'] as const;

/** What is allowed, in one order, as `what` of the tries. */
export function allowedOf(tried: readonly Tried[]): string[] {
  return tried.flatMap(({ outcome, what }) => (outcome === 'allowed' ? [what] : [])).toSorted();
}

/** The same as written by hand: `{ 'read write': 'a b' }` is `read a`, `read b`, `write a`, `write b`. */
export function allowedBy(hand: Allowed): string[] {
  const all = Object.entries(hand).flatMap(([deeds, things]) =>
    deeds
      .split(' ')
      .flatMap((deed) =>
        things === '' ? [deed] : things.split(' ').map((thing) => `${deed} ${thing}`),
      ),
  );
  return [...new Set(all)].toSorted();
}

/** A row for each of whom something was tried at each place, and below what each is allowed. */
export function refusalTable(tried: readonly Tried[]): string {
  const groups = Map.groupBy(tried, ({ where, who }) => `${where} ${who}`);
  const rows = Array.from(groups.values(), (own) => {
    const [{ where, who }] = own;
    const refused = own.filter(({ outcome }) => outcome !== 'allowed');
    const allowed = own.length - refused.length;
    return [who, where, String(own.length), String(allowed), countsOf(refused)];
  });
  const widths = HEAD.map((word, at) =>
    Math.max(...[HEAD, ...rows].map((row) => (row[at] ?? '').length, word.length)),
  );
  const lineOf = (row: readonly string[]) =>
    row
      .map((cell, at) =>
        at === 2 || at === 3 ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
      )
      .join('  ')
      .trimEnd();
  // Who is allowed the same stands together.
  const alike = Map.groupBy(groups.values(), (own) => briefly(allowedOf(own)).join('\n'));
  const allowed = Array.from(alike, ([lines, those]) => {
    const [[{ where }]] = those;
    return `${where}: ${those.map(([{ who }]) => who).join(', ')}\n${lines}`;
  });
  return `${[HEAD, ...rows].map(lineOf).join('\n')}\n\nAllowed\n\n${allowed.join('\n')}\n`;
}

function countsOf(refused: readonly Tried[]): string {
  const counts = Map.groupBy(refused, ({ outcome }) =>
    outcome.replace(/_AUTHORIZATION_FAILED$/, ''),
  );
  return Array.from(counts, ([word, those]) => `${word} ${those.length}`)
    .toSorted()
    .join(', ');
}

/** Deeds that are allowed on the same things, with these, on a line. */
function briefly(allowed: readonly string[]): string[] {
  const deeds = Map.groupBy(allowed, (what) => what.split(' ')[0] ?? '');
  const things = Array.from(deeds, ([deed, all]) => {
    return [deed, all.map((what) => what.slice(deed.length + 1)).join(' ')] as const;
  });
  const together = Map.groupBy(things, ([, on]) => on);
  return Array.from(together, ([on, all]) => {
    const line = `  ${all.map(([deed]) => deed).join(', ')}: ${on}`;
    return line.replace(/: $/, '');
  });
}
