import { parser } from '@prometheus-io/lezer-promql';

/** What a query asks for, or where it is no PromQL. */
export interface Query {
  readonly metrics: readonly string[];
  /** Labels in matchers and in by (...) or without (...). */
  readonly labels: readonly string[];
  readonly errors: readonly string[];
}

/** Dashboard variables as Grafana would fill them in. */
const filled = (query: string) =>
  query.replaceAll('$__rate_interval', '1m').replaceAll('$dataset', '.*');

/** Parses a query with Prometheus's own grammar. */
export function parseQuery(query: string): Query {
  const text = filled(query);
  const metrics: string[] = [];
  const labels: string[] = [];
  const errors: string[] = [];
  parser.parse(text).iterate({
    enter({ type, from, to }) {
      const word = text.slice(from, to);
      if (type.isError) errors.push(`at ${from}: ${text.slice(from, from + 20)}`);
      else if (type.name === 'Identifier') metrics.push(word);
      else if (type.name === 'LabelName') labels.push(word);
    },
  });
  return { metrics, labels, errors };
}
