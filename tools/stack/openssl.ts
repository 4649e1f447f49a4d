import { debianPackage, programPath } from './debian-package.ts';

/** The program openssl, which tests ask about certificates and connections, installed when missing. */
export function opensslProgram(): Promise<string> {
  return debianPackage(
    'openssl',
    () => programPath('openssl'),
    (line) => {
      process.stderr.write(`sealstream: ${line}\n`);
    },
  );
}
