interface Fact {
  readonly name: string;
  readonly text: string;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value, undefined, 1);

/**
 * Everything of a request that an approval covers, a line each: its path's names, its query and its body.
 * What is of another form is shown as it came, since nobody may agree to what was left out.
 */
export function approvalFacts(details: Readonly<Record<string, unknown>>): readonly Fact[] {
  const { body, method, params, query, url, what: _words, ...rest } = details;
  const parts = [params, query, body].filter((part) => part !== undefined);
  const named = parts.flatMap((part) =>
    isRecord(part)
      ? Object.entries(part).map(([name, value]) => ({ name, text: textOf(value) }))
      : [{ name: 'request', text: textOf(part) }],
  );
  const others = Object.entries(rest).map(([name, value]) => ({ name, text: textOf(value) }));
  return [...named, ...others, { name: 'Route', text: `${textOf(method)} ${textOf(url)}` }];
}
