import { openAdmin } from '../cluster-keys.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { keyDirOption, type KeyOptions } from '../options.ts';
import { withBus } from '../servers.ts';

export const keysRestore = defineCommand<KeyOptions & CommonOptions>({
  name: 'restore',
  summary: 'rebuild the keysets in Redis from the topic keyring',
  about:
    'For a Redis that was lost, or restored from an old copy: writes each head back that Redis ' +
    'lacks or holds an older document in place of. What is newer in Redis and rightly signed stays.',
  options: [keyDirOption()],
  examples: [['sealstream keys restore', 'all keysets; running it twice does no harm']],
  opensKeys: () => true,
  run: async (context, options) => {
    const restored = await withBus(context, async (bus, audit) => {
      await audit.check();
      const admin = await openAdmin(context, bus, options, []);
      try {
        const all = await admin.restore();
        for (const { action, name, version } of all)
          if (action === 'restored')
            await audit.tell({
              type: 'key-created',
              details: { keyset: name, version, restored: true },
            });
        return all;
      } finally {
        admin.stop();
      }
    });
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ keysets: restored });
    else
      for (const { action, name, version } of restored)
        terminal.say(`${name}  version ${version}  ${action}`);
    if (restored.length === 0) return { next: 'there is nothing yet: sealstream keys rotate' };
    return { next: 'see that every keyset is believed: sealstream keys list' };
  },
});
