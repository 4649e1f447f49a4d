import { isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';
import { type MaskAction, writeAscii } from './transform.ts';

export const TruncateIpParameters = z
  .strictObject({
    v4: z
      .int()
      .min(1)
      .max(31)
      .optional()
      .describe('Bits kept of an IPv4 address; 24 if not given.'),
    v6: z
      .int()
      .min(1)
      .max(127)
      .optional()
      .describe('Bits kept of an IPv6 address; 48 if not given.'),
  })
  .describe('Keeps the network of an IP address; the rest becomes zero.');

export type TruncateIpParameters = z.infer<typeof TruncateIpParameters>;

const LONGEST = 45;

/** Keeps the first bits of groups of `width` bits each. */
function kept(groups: readonly number[], width: number, bits: number): number[] {
  return groups.map((group, i) => {
    const hidden = Math.min(Math.max((i + 1) * width - bits, 0), width);
    return Math.floor(group / 2 ** hidden) * 2 ** hidden;
  });
}

function truncated4(address: string, bits: number): string {
  return kept(address.split('.').map(Number), 8, bits).join('.');
}

/** The eight groups of an IPv6 address without a zone. */
function groups6(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const groupsOf = (text: string): number[] =>
    text
      .split(':')
      .filter((group) => group !== '')
      .flatMap((group) => {
        if (!group.includes('.')) return [Number.parseInt(group, 16)];
        const [a, b, c, d] = group.split('.').map(Number);
        return [a * 256 + b, c * 256 + d];
      });
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after];
}

/** As RFC 5952 writes it: the first of the longest runs of zeros is left out. */
function text6(groups: readonly number[]): string {
  const text = groups.map((group) => group.toString(16)).join(':');
  const runs = text.match(/(?:^|:)0(?::0)+(?=:|$)/g) ?? [];
  const [longest] = runs.toSorted((a, b) => b.split(':').length - a.split(':').length);
  if (longest === undefined) return text;
  const at = text.indexOf(longest);
  const [before, after] = [text.slice(0, at), text.slice(at + longest.length + 1)];
  return `${before}::${after}`;
}

/** The IPv4 address inside an IPv6 one (RFC 4291 2.5.5.2), however it is written. */
function mapped4(groups: readonly number[]): string | undefined {
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  if (!isMapped) return undefined;
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.');
}

function truncated6(address: string, v4: number, v6: number): string {
  const groups = groups6(address);
  const inside = mapped4(groups);
  return inside === undefined ? text6(kept(groups, 16, v6)) : `::ffff:${truncated4(inside, v4)}`;
}

/**
 * `truncateIp`: an address becomes that of its network, an IPv4 address inside IPv6 by the rule for
 * IPv4. A text that is no address, or one with a zone, is unfit.
 */
export function truncateIpAction(rule: TruncateIpParameters | undefined): MaskAction {
  const { v4 = 24, v6 = 48 } = rule ?? {};
  return {
    does: 'rewrite',
    output: 'text',
    rewrite: (text, from, to, out) => {
      if (to - from > LONGEST) return false;
      const address = text.toString('latin1', from, to);
      if (isIPv4(address)) writeAscii(out, truncated4(address, v4));
      else if (isIPv6(address) && !address.includes('%'))
        writeAscii(out, truncated6(address, v4, v6));
      else return false;
      return true;
    },
  };
}
