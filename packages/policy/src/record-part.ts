import type { DatasetRules, Part } from './dataset.ts';

/** No path of a field begins so. */
const HEADER = '#header/';

/** How a header is named beside the paths of fields: in keys, rejects and events. */
export const headerPath = (name: string): string => `${HEADER}${name}`;

/** The name of the header that a path stands for; undefined for a field. */
export function headerName(path: string): string | undefined {
  return path.startsWith(HEADER) ? path.slice(HEADER.length) : undefined;
}

/** How the key is named there. */
export const KEY_PATH = '#key';

/** All of a record that a policy masks and seals by rules of their own: key, headers, then fields. */
export function partsOf({
  fields,
  headers,
  key,
}: Pick<DatasetRules, 'fields' | 'headers' | 'key'>): readonly Part[] {
  return [key, ...headers, ...fields];
}
