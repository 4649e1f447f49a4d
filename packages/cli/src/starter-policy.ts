import { type SampleField, samplePolicy } from '@sealstream/policy';

const FIELDS: readonly SampleField[] = [
  { path: '/id', types: ['string'] },
  { path: '/name', types: ['string'] },
  { path: '/email', types: ['string'] },
  { path: '/address/city', types: ['string'] },
  { path: '/orders/*/total', types: ['number'] },
];

const HEAD = `# A starter: its fields are made up. Put your own in their place, one line each.
#
# Paths are JSON Pointers into a record: /address/city is a member of a member, /orders/*/total
# is that member of each element. \`type\` is string, number or boolean, or a list of them.
#
#   mask     what stands on masked topics:    redact, keep, drop, "null", { partial: ... }, ...
#   encrypt  what stands on encrypted topics: seal, keep, drop
#
# \`sealstream validate\` tells what is wrong; \`sealstream init --sample FILE\` in another directory
# writes a policy with the fields of a file of yours.

`;

/** The text of a policy to be filled in: it holds as it stands, and hides all that it names. */
export function starterPolicy(dataset: string): string {
  return HEAD + samplePolicy(dataset, FIELDS);
}
