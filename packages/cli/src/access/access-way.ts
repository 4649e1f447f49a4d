import { SealstreamError } from '@sealstream/contracts';

import { actorName } from '../cli-audit.ts';
import { CLI_SETTINGS } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import { withBus } from '../servers.ts';
import { type AccessClient, accessClient } from './access-client.ts';
import type { AccessOptions, BreakGlassOptions } from './access-options.ts';

/** The two ways in which a command can do its work; both keep the same promises. */
export interface Ways<T> {
  /** With the operator's own credentials to Kafka, Redis and keys. */
  direct(): T | Promise<T>;
  /** As the caller, by the caller's roles. */
  throughAccess(client: AccessClient): T | Promise<T>;
}

/** It stands on the audit log for ever, in one event. */
const REASON_CHARACTERS_MAX = 1000;

/**
 * Takes the way that the settings say: through access where they name one, else directly. Around an
 * access that is named leads --break-glass alone, and only once the audit log has it.
 *
 * @throws SealstreamError USAGE for options of the other way; TOPIC_MISSING, KAFKA_UNREACHABLE and
 *   SERVER_MISSING when the audit log cannot be told
 */
export async function wayOf<T>(
  context: Context,
  { approval, breakGlass }: AccessOptions,
  ways: Ways<T>,
): Promise<T> {
  const { env } = CLI_SETTINGS.accessUrl;
  const isNamed = context.config().accessUrl !== undefined;
  if (isNamed && breakGlass === undefined)
    return ways.throughAccess(accessClient(context, approval));
  if (approval !== undefined)
    throw new SealstreamError(
      'USAGE',
      { option: '--approval' },
      `A second person agrees at access, which ${env} names; directly nobody does.`,
    );
  if (breakGlass !== undefined) {
    if (!isNamed)
      throw new SealstreamError(
        'USAGE',
        { option: '--break-glass' },
        `It is for going around the access that ${env} names; without one, leave it out.`,
      );
    await tellBreakGlass(context, breakGlass);
  }
  return ways.direct();
}

/**
 * For what the command does with the operator's own keys alone, such as a backup of them. Where an access
 * is named, that is going around it.
 *
 * @throws SealstreamError USAGE without --break-glass; what `wayOf` throws
 */
export async function aroundAccess(context: Context, options: BreakGlassOptions): Promise<void> {
  await wayOf(context, options, {
    direct: () => undefined,
    throughAccess: () => {
      throw new SealstreamError(
        'USAGE',
        { command: context.command },
        'The command does this with your own keys, around access: say why with --break-glass <reason>.',
      );
    },
  });
}

/** @throws SealstreamError USAGE for no reason, and what keeps the audit log from being told */
async function tellBreakGlass(context: Context, reason: string): Promise<void> {
  const { command, terminal } = context;
  if (reason.trim() === '' || reason.length > REASON_CHARACTERS_MAX || /\p{Cc}/u.test(reason))
    throw new SealstreamError(
      'USAGE',
      { option: '--break-glass', reasonCharactersMax: REASON_CHARACTERS_MAX },
      'Say why on one line; it is kept for ever, so write no value into it.',
    );
  await withBus(context, (_, audit) =>
    audit.tell({ type: 'break-glass', details: { command, reason } }),
  );
  const warning = `going around access as ${actorName()}: it is on the audit log and raises an alert`;
  terminal.note(`${terminal.paintErr('yellow', 'BREAK GLASS')}: ${warning}`, {
    warning: 'break-glass',
    command,
  });
}
