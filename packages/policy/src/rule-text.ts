import type { MaskRule } from '@sealstream/masking';
import { hierarchyMark } from './hierarchy-file.ts';

/** As a policy writes it: a name, or a name with its parameters; a hash where a file's text would stand. */
export function ruleText({ name, parameters }: Omit<MaskRule, 'name'> & { name: string }): string {
  if (parameters === undefined) return name;
  const { hierarchy } = Object(parameters) as Record<string, unknown>;
  if (typeof hierarchy !== 'string') return `${name} ${JSON.stringify(parameters)}`;
  const told = { ...(parameters as object), hierarchy: hierarchyMark(hierarchy) };
  return `${name} ${JSON.stringify(told)}`;
}
