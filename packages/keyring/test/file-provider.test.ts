import { renameSync } from 'node:fs';
import { fileProvider } from '../src/file-provider.ts';
import { makeKeyFiles } from './keyring-fixture.ts';
import { providerConformance } from './provider-conformance.ts';

providerConformance('key files', async () => {
  const [files, others] = [makeKeyFiles(), makeKeyFiles()];
  return {
    provider: fileProvider(files.dir, ['field', 'hash']),
    stranger: others.provider(),
    notOurs: 'KEY_FILE_MISSING',
    away: 'KEY_FILE_MISSING',
    cut: async () => renameSync(files.dir, `${files.dir}.away`),
    mend: async () => renameSync(`${files.dir}.away`, files.dir),
    secrets: [],
    async close() {
      files.remove();
      others.remove();
    },
  };
});
