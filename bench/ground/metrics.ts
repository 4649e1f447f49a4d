/** Adds up the rows of one metric that have all the given labels, in Prometheus's text form. */
export function metricSum(
  text: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  let sum = 0;
  for (const row of rowsOf(text, name))
    if (wanted.every((label) => row.includes(label)))
      sum += Number(row.slice(row.lastIndexOf(' ')));
  return sum;
}

/** The values that a label has on the rows of one metric. */
export function labelValues(text: string, name: string, label: string): string[] {
  const pattern = new RegExp(`[{,]${label}="([^"]*)"`);
  return rowsOf(text, name).flatMap((row) => pattern.exec(row)?.[1] ?? []);
}

/** What stands behind the metric's name, of each of its rows. */
function rowsOf(text: string, name: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(name))
    .map((line) => line.slice(name.length))
    .filter((rest) => rest.startsWith('{') || rest.startsWith(' '));
}
