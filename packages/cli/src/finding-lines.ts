import type { Finding } from '@sealstream/policy';

import type { Terminal } from './terminal.ts';

/** Tells bad lines of a file on stderr: file, line, code and where; never what stood there. */
export function tellFindings(terminal: Terminal, file: string, findings: readonly Finding[]): void {
  for (const { byte, code, line, path } of findings) {
    const where = [path, byte === undefined ? undefined : `byte ${byte}`];
    const place = where.filter((part) => part !== undefined).join(', ');
    const text = `${file}:${line}: ${code}${place === '' ? '' : ` (${place})`}`;
    terminal.note(text, { finding: { file, line, code, byte, path } });
  }
}
