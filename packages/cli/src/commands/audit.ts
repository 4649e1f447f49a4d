import { defineGroup } from '../command.ts';
import { auditTail } from './audit-tail.ts';
import { auditVerify } from './audit-verify.ts';
import { auditVerifyProof } from './audit-verify-proof.ts';

export const audit = defineGroup({
  name: 'audit',
  summary: 'verify and read the audit log',
  about:
    'The audit log is an append-only tree of entries under signed checkpoints. Reading and ' +
    'verifying need only its directory, or a copy of it, and its public key.',
  examples: [
    ['sealstream audit verify', 'whether anything was changed, removed or reordered'],
    ['sealstream audit tail --follow', 'what happens now'],
  ],
  commands: [auditVerify, auditVerifyProof, auditTail],
});
