/** Adds up the rows of one metric that have all the given labels, in Prometheus's text form. */
export function metricSum(
  text: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  let sum = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const rest = line.slice(name.length);
    if (!(rest.startsWith('{') || rest.startsWith(' '))) continue;
    if (wanted.every((label) => rest.includes(label)))
      sum += Number(line.slice(line.lastIndexOf(' ')));
  }
  return sum;
}
