import { globSync } from 'node:fs';
import { debianPackage, programPath } from './debian-package.ts';

const LIBRARIES = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/*/softhsm/libsofthsm2.so'];

/** An HSM in software, and what makes keys in any HSM, by path. */
export interface SoftHsm {
  /** The PKCS#11 module. */
  readonly module: string;
  /** softhsm2-util: makes tokens. */
  readonly util: string;
  /** pkcs11-tool: makes keys. */
  readonly pkcs11Tool: string;
}

/** Finds all, installing what is missing; throws MissingTool with the line that installs it. */
export async function softHsm(progress: (line: string) => void): Promise<SoftHsm> {
  const util = await debianPackage('softhsm2', () => programPath('softhsm2-util'), progress);
  const module = await debianPackage('softhsm2', () => globSync(LIBRARIES)[0], progress);
  const pkcs11Tool = await debianPackage('opensc', () => programPath('pkcs11-tool'), progress);
  return { module, util, pkcs11Tool };
}
