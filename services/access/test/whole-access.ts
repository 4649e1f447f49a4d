import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

import { ACTION_NAMES, ACTIONS } from '@sealstream/authorization';
import { PURPOSES } from '@sealstream/contracts';
import { keyFilePath } from '@sealstream/keyring';

import { auditLogOf, RunningAccess } from '../../../test/e2e/running-access.ts';
import { RunningFlow } from '../../../test/e2e/running-flow.ts';

/** A rule of its own for each action, as what it is done to asks for. */
function ruleOf(action: (typeof ACTION_NAMES)[number]): string {
  const { on, purposes, quota } = ACTIONS[action];
  const parts = [
    `actions: ['${action}']`,
    ...(on === 'system' ? [] : ["datasets: ['*']"]),
    ...(on === 'fields' ? ["fields: ['*']"] : []),
    ...(purposes === 'must' ? ['purposes: [fraud]'] : []),
    ...(quota === 'must' ? ['quota: { values: 1000000000, per: day }'] : []),
  ];
  return `        - { ${parts.join(', ')} }`;
}

const POLICY = `version: 1
datasets:
  people:
    revision: 1
    format: json
    subject: /ssn
    unknownFields: reject
    key: { mask: hash, encrypt: hash }
    required: [/ssn]
    fields:
      /ssn:  { type: string, mask: redact, encrypt: seal }
      /name: { type: string, mask: tokenise, equalityOracle: { accepted: a test }, encrypt: seal }
      /card: { type: string, mask: { fpe: { keepLast: 4 } }, equalityOracle: { accepted: a test }, encrypt: seal, survivesShred: true }
access:
  purposes:
    fraud: { meaning: A reported fraud is looked into., reference: optional }
  roles:
    everything:
      meaning: Whatever a route can ask for.
      allow:
${ACTION_NAMES.map(ruleOf).join('\n')}
`;

/** The real service, with one user who may do everything that one person may. */
export interface WholeAccess {
  readonly flow: RunningFlow;
  readonly access: RunningAccess;
  /** An API key of that user. */
  readonly key: string;
  close(): Promise<void>;
}

export const OWNER = 'everybody';

/**
 * A flow with the service, which has the keys for replays, the signer and the audit log too: whatever it then answers 5xx to, it is
 * at fault.
 */
export async function openWholeAccess(
  servers: { kafkaBrokers: string; redisUrl: string },
  more: Readonly<Record<string, string>> = {},
): Promise<WholeAccess> {
  const flow = await RunningFlow.open(servers, { 'sealstream.yaml': POLICY });
  const { place } = flow;
  for (const purpose of PURPOSES)
    copyFileSync(keyFilePath(place.keys, purpose), keyFilePath(place.keysOf('access'), purpose));
  const signer = { SEALSTREAM_SIGNER_KEY_FILE: join(place.keys, 'signer.key') };
  await flow.start('audit');
  const settings = { ...signer, ...auditLogOf(flow), ...more };
  const access = await RunningAccess.start(flow, servers.redisUrl, settings);
  const { apiKeys, users } = access.accounts;
  await users.create({ name: OWNER, person: OWNER });
  await users.grantRole(OWNER, 'everything', 'test');
  const scopes = { actions: ['*'], datasets: ['*'] };
  const made = await apiKeys.create({ owner: OWNER, name: OWNER, scopes, lifeMs: 3_600_000 });
  const close = async () => {
    await access.close();
    await flow.close();
  };
  return { flow, access, key: made.text, close };
}
