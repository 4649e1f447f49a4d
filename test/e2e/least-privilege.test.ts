import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EncryptedOpener, RejectedCodec } from '@sealstream/flow';
import {
  DatasetKeys,
  epochFiles,
  fileProvider,
  type Keyring,
  openKeyring,
  openSubjects,
  readPublicKeyFile,
  type Subjects,
} from '@sealstream/keyring';
import { KafkaKeysetHeads } from '@sealstream/service';
import { afterEach, expect, inject, it } from 'vitest';
import type { Purpose } from '@sealstream/contracts';
import { RunningFlow, until } from './running-flow.ts';

let flow: RunningFlow;
const opened: Pick<Keyring, 'stop'>[] = [];
afterEach(async () => {
  for (const keyring of opened.splice(0)) keyring.stop();
  await flow.close();
});

/** A keyring over a folder of key files; what it cannot use it says by throwing. */
async function keyringOf(directory: string, purposes: readonly Purpose[]): Promise<Keyring> {
  const keyring = await openKeyring({
    redisUrl: inject('stack').redisUrl,
    prefix: flow.namePrefix,
    provider: fileProvider(directory, purposes),
    purposes,
    sealTo: [],
    datasets: [flow.dataset.name],
    signerPublicKey: readPublicKeyFile(flow.keys.signerPublicKeyFile),
    heads: new KafkaKeysetHeads(flow.bus),
    logger: flow.access.logger,
    allowUnlocked: true,
  });
  opened.push(keyring);
  await keyring.ready();
  return keyring;
}

/** The keys of subjects, with the epoch keys and a folder of key files. */
async function subjectsOf(directory: string): Promise<Subjects> {
  const subjects = await openSubjects({
    redisUrl: inject('stack').redisUrl,
    prefix: flow.namePrefix,
    dataset: flow.dataset.name,
    epochs: {
      store: epochFiles(flow.place.epochs),
      provider: fileProvider(directory, ['subject']),
    },
    signerPublicKey: readPublicKeyFile(flow.keys.signerPublicKeyFile),
    heads: new KafkaKeysetHeads(flow.bus),
    logger: flow.access.logger,
    allowUnlocked: true,
  });
  opened.push(subjects);
  await subjects.ready();
  return subjects;
}

it("with mask's key files and all that Redis holds, no field of encrypted.D and no record of rejected.D opens", async () => {
  flow = await RunningFlow.open(inject('stack'));
  const { bus, dataset, place } = flow;
  await flow.start('ingest');
  await flow.start('encrypt');
  const good = '{"first_name":"Eva","last_name":"Davis","ssn":"567-89-0123","email":"e@d.example"}';
  await bus.append(dataset.topics.raw, 0, [
    { key: null, value: Buffer.from(good) },
    { key: null, value: Buffer.from('{"ssn":"567-89-0123"') },
  ]);
  await until(async () => (await flow.readAll(dataset.topics.encrypted)).length === 1);
  await until(async () => (await flow.readAll(dataset.topics.rejected)).length === 1);
  const [encrypted] = await flow.readAll(dataset.topics.encrypted);
  const [rejected] = await flow.readAll(dataset.topics.rejected);
  const open = ({ keys }: Pick<Keyring, 'keys'>) =>
    new EncryptedOpener(dataset, keys).openAll([encrypted]);
  const codec = new RejectedCodec(dataset.name);

  // The operator's keys open both: so what follows fails for want of keys alone.
  const operator = await keyringOf(place.keys, ['field', 'rejected']);
  const subjects = await subjectsOf(place.keys);
  const [plain] = await open({ keys: new DatasetKeys(operator.keys, subjects) });
  expect(plain).toEqual({ ok: true, value: Buffer.from(good) });
  expect(codec.open(operator.keys, rejected).envelope.value?.toString()).toBe(
    '{"ssn":"567-89-0123"',
  );

  const mask = place.keysOf('mask');
  expect(readdirSync(mask).toSorted()).toEqual([
    'accepted.key',
    'fpe.key',
    'hash.key',
    'vault.key',
  ]);
  await expect(keyringOf(mask, ['field'])).rejects.toThrow(/KEY_FILE_MISSING/);
  await expect(keyringOf(mask, ['rejected'])).rejects.toThrow(/KEY_FILE_MISSING/);
  // With the keys that it does have, though it asks for what is not its own.
  const own = await keyringOf(mask, ['accepted', 'hash', 'fpe', 'vault']);
  await expect(open(own)).rejects.toThrow(/KEYSET_MISSING/);
  // Even with the epoch keys, which it cannot reach: they are wrapped under a key that it lacks.
  await expect(subjectsOf(mask)).rejects.toThrow(/KEY_FILE_MISSING/);
  expect(() => codec.open(own.keys, rejected)).toThrow(/KEY/);
  // Its key material under the names of the others: each of its keys tried on each keyset.
  for (const [index, held] of ['accepted', 'hash', 'fpe', 'vault'].entries()) {
    for (const purpose of ['field', 'rejected'] as const) {
      const forged = join(place.tmp, `forged-${index}-${purpose}`);
      mkdirSync(forged, { mode: 0o700 });
      copyFileSync(join(mask, `${held}.key`), join(forged, `${purpose}.key`));
      await expect(keyringOf(forged, [purpose])).rejects.toThrow(/KEY_FILE_INVALID|KEYSET_UNREAD/);
      const renamed = readFileSync(join(mask, `${held}.key`), 'utf8').replace(held, purpose);
      writeFileSync(join(forged, `${purpose}.key`), renamed, { mode: 0o600 });
      await expect(keyringOf(forged, [purpose])).rejects.toThrow(/KEYSET_UNREADABLE/);
    }
    const forged = join(place.tmp, `forged-${index}-subject`);
    mkdirSync(forged, { mode: 0o700 });
    const renamed = readFileSync(join(mask, `${held}.key`), 'utf8').replace(held, 'subject');
    writeFileSync(join(forged, 'subject.key'), renamed, { mode: 0o600 });
    await expect(subjectsOf(forged)).rejects.toThrow(/KEYSET_UNREADABLE/);
  }
}, 60_000);
