import { Option } from 'commander';

/** Options of the commands that read an audit log. */
export interface AuditOptions {
  readonly dir?: string;
  readonly key?: string;
}

export function auditDirOption(): Option {
  return new Option(
    '--dir <dir>',
    'directory of the log, or a copy of one (default: SEALSTREAM_AUDIT_DIR, else .sealstream/audit)',
  );
}

export function auditKeyOption(): Option {
  return new Option(
    '--key <file>',
    'verifier key of the log (default: audit.vkey in the key directory)',
  );
}
