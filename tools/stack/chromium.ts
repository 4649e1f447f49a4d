import { debianPackage, programPath } from './debian-package.ts';

/** Path of Debian's Chromium, installing it when missing; throws MissingTool with the line to run. */
export function chromium(progress: (line: string) => void): Promise<string> {
  return debianPackage('chromium', () => programPath('chromium'), progress);
}
