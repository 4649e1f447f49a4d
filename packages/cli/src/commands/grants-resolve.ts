import { setTimeout as sleep } from 'node:timers/promises';

import { ResolveRequest, SealstreamError } from '@sealstream/contracts';
import {
  openGrantResolver,
  openSubjects,
  readPublicKeyFile,
  type Subjects,
} from '@sealstream/keyring';
import { KafkaKeysetHeads } from '@sealstream/service';

import { epochsOf } from '../cluster-keys.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { fileArgument, openFile } from '../file-input.ts';
import { keyPlacesOf } from '../key-places.ts';
import { keyDirOption } from '../options.ts';
import { QUIET } from '../quiet-logger.ts';
import { redisOf, withBus } from '../servers.ts';
import { epochDirOption, type SubjectsOptions } from '../subject-options.ts';

type Options = Omit<SubjectsOptions, 'dataset'> & CommonOptions;

/** Room for the most keys that may be asked for, with long paths. */
const REQUEST_BYTES_MAX = 4 * 1024 * 1024;

export const grantsResolve = defineCommand<Options, [file: string | undefined]>({
  name: 'resolve',
  summary: 'answer a consumer who asks for keys of single persons',
  about:
    'Reads one request as the SDK gives it to its resolver (JSON: grant, and key ids with paths), ' +
    'and prints the answer, which only the private key of that grant opens. It is refused after ' +
    'expiry and revocation and for fields that are not granted; keys of shredded persons are left ' +
    'out. That keys were given is on the audit log before the answer is shown.',
  arguments: [fileArgument()],
  options: [keyDirOption(), epochDirOption()],
  examples: [['sealstream grants resolve request.json', 'the answer, as one line of JSON']],
  opensKeys: () => true,
  run: async (context, options, file) => {
    const request = await readRequest(context, file);
    const answer = await withBus(context, async (bus, audit) => {
      await audit.check();
      const opened: Subjects[] = [];
      const { allowUnlocked, connectWaitMs, namePrefix } = context.config();
      const shared = {
        ...redisOf(context),
        prefix: namePrefix,
        signerPublicKey: readPublicKeyFile(keyPlacesOf(context, options).signerPublic),
        logger: QUIET,
        allowUnlocked,
      };
      const resolver = await openGrantResolver({
        ...shared,
        subjects: async (dataset) => {
          const epochs = epochsOf(context, options);
          const heads = new KafkaKeysetHeads(bus);
          const found = await openSubjects({ ...shared, dataset, epochs, heads });
          opened.push(found);
          // Why they cannot be used then is what the resolver says.
          await Promise.race([found.ready(), sleep(connectWaitMs, undefined, { ref: false })]);
          return found;
        },
      });
      try {
        const { given: keysGiven, sealed } = await resolver.resolve(request);
        const { grant, keys } = request;
        const details = { grant, keysAsked: keys.length, keysGiven };
        await audit.tell({ type: 'read', details });
        return { sealed };
      } finally {
        resolver.stop();
        for (const one of opened) one.stop();
      }
    });
    context.terminal.sayJson(answer);
    return { next: 'give it to the consumer, who may use the keys for five minutes' };
  },
});

/** @throws SealstreamError USAGE, FILE_UNREADABLE */
async function readRequest(context: Context, file: string | undefined): Promise<ResolveRequest> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of openFile(context.terminal, file).chunks) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > REQUEST_BYTES_MAX) break;
  }
  const parsed = sizeBytes > REQUEST_BYTES_MAX ? undefined : parse(Buffer.concat(chunks));
  if (parsed !== undefined) return parsed;
  throw new SealstreamError('USAGE', { requestBytes: sizeBytes }, 'Give one request as JSON.');
}

function parse(bytes: Buffer): ResolveRequest | undefined {
  try {
    return ResolveRequest.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    return undefined;
  }
}
