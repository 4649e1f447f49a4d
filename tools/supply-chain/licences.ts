import { pnpm } from './pnpm.ts';

/** A production dependency that is installed, and its licence as an SPDX expression. */
export interface LicensedPackage {
  readonly name: string;
  readonly licence: string;
}

/**
 * Licences that ask for no more than to be named (SPDX identifiers). None asks that what uses it be given
 * away, too.
 */
export const ALLOWED_LICENCES: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
];

/** Every production dependency that is installed here. */
export async function productionLicences(): Promise<LicensedPackage[]> {
  const { stdout, stderr, code } = await pnpm(['-r', 'licenses', 'list', '--prod', '--json']);
  if (code !== 0) throw new Error(`pnpm lists no licences (exit ${code}): ${stderr.slice(-500)}`);
  const by = JSON.parse(stdout) as Record<string, readonly { readonly name: string }[]>;
  return Object.entries(by).flatMap(([licence, all]) => all.map(({ name }) => ({ name, licence })));
}

/** Dependencies whose licence is not allowed as it stands: unknown words and expressions are not. */
export function forbiddenLicences(
  packages: readonly LicensedPackage[],
  allowed: readonly string[],
): string[] {
  return packages
    .filter(({ licence }) => !allowed.includes(licence))
    .map(({ name, licence }) => `${name}: ${licence}`);
}
