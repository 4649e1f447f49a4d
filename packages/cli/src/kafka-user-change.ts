import type { Bus, ScramUser } from '@sealstream/bus';
import { auditTopic, SealstreamError } from '@sealstream/contracts';
import { InvalidArgumentError } from 'commander';

import type { CliAudit } from './cli-audit.ts';
import { asOurs } from './failure.ts';
import { isUserName } from './planned-users.ts';

/** What a change of a user at the brokers is called on the audit log. */
export type KafkaUserChange = 'rotate-kafka-user' | 'delete-kafka-user';

/** Reads the name of a user, which becomes that of a file. */
export function userName(text: string): string {
  if (isUserName(text)) return text;
  throw new InvalidArgumentError('It is no such name.');
}

/**
 * Changes a user at the brokers: the order is on the audit log before it, and what came of it after. Before
 * the flow has its topics there is no such log, and users are there first.
 *
 * @throws SealstreamError USAGE where no such user has a password, KAFKA_*, and what the change throws
 */
export async function changeKafkaUser(
  { bus, audit }: { readonly bus: Bus; readonly audit: CliAudit },
  change: KafkaUserChange,
  name: string,
  work: (user: ScramUser) => Promise<void>,
): Promise<void> {
  const user = (await bus.scramUsers.all()).find((one) => one.name === name);
  if (user === undefined) {
    const mend = 'No user of that name has a password: see `sealstream kafka users check`.';
    throw new SealstreamError('USAGE', { user: name }, mend);
  }
  const isTold = (await bus.admin.partitionCount(auditTopic('cli'))) > 0;
  const details = { change, kafkaUser: name };
  if (isTold) await audit.tell({ type: 'account-change-ordered', details });
  const tellEnd = async (failed?: string): Promise<void> => {
    const outcome = failed === undefined ? details : { ...details, failed };
    if (isTold) await audit.tell({ type: 'account-changed', details: outcome });
  };
  await work(user).catch(async (error: unknown) => {
    await tellEnd(asOurs(error).code);
    throw error;
  });
  await tellEnd();
}
