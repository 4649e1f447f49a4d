import { pnpm } from './pnpm.ts';

interface Component {
  readonly purl?: string;
  readonly licenses?: readonly unknown[];
}

interface Bom {
  readonly components: readonly Component[];
}

const ARGUMENTS = [
  'sbom',
  '--prod',
  '--sbom-format',
  'cyclonedx',
  '--sbom-spec-version',
  '1.6',
  '--sbom-type',
  'application',
];

async function bomBy(more: readonly string[]): Promise<Bom> {
  const { stdout, stderr, code } = await pnpm([...ARGUMENTS, ...more]);
  if (code !== 0) throw new Error(`pnpm made no SBOM (exit ${code}): ${stderr.trim().slice(-500)}`);
  return JSON.parse(stdout) as Bom;
}

/**
 * A software bill of materials, CycloneDX 1.6 as JSON, of every production dependency in pnpm-lock.yaml,
 * those for other platforms among them. Licences are those of what is installed here.
 */
export async function sbom(): Promise<string> {
  const locked = await bomBy(['--lockfile-only']);
  const installed = await bomBy([]);
  const licenses = new Map(installed.components.map((one) => [one.purl, one.licenses]));
  const components = locked.components.map((one) => {
    const known = one.licenses ?? licenses.get(one.purl);
    return known === undefined ? one : { ...one, licenses: known };
  });
  return `${JSON.stringify({ ...locked, components }, null, 2)}\n`;
}
