/** The runbooks as they stood when the page was built: they are needed when other things are down. */
const TEXTS = import.meta.glob<string>('../../../../../docs/runbooks/*.md', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** The text of a runbook by its path in docs, if this console was built with it. */
export function runbookText(path: string): string | undefined {
  const name = path.split('#')[0]?.split('/').at(-1) ?? '';
  const found = Object.entries(TEXTS).find(([file]) => name !== '' && file.endsWith(`/${name}`));
  return found?.[1];
}
