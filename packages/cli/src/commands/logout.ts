import { z } from 'zod';

import { AccessClient, neededPlace, sessionFileOf } from '../access/access-client.ts';
import { SessionCredentials } from '../access/access-session.ts';
import { type CommonOptions, defineCommand } from '../command.ts';

export const logout = defineCommand<CommonOptions>({
  name: 'logout',
  summary: 'end the session of this machine',
  about:
    'Ends the session at the service access and removes its file. The file is removed also where access ' +
    'does not answer; the session then ends there by itself.',
  examples: [['sealstream logout', 'before you leave']],
  run: async (context) => {
    const { terminal } = context;
    const place = neededPlace(context);
    const file = sessionFileOf(context, place);
    const kept = file.read();
    if (kept === undefined) {
      terminal.note('nobody was signed in', { signedOut: false });
      return { next: 'sign in: sealstream login' };
    }
    try {
      const client = new AccessClient(place, new SessionCredentials(place, file));
      await client.ask({ method: 'DELETE', path: '/v1/session', answer: z.null() });
    } finally {
      await file.locked(async () => file.remove());
    }
    if (terminal.json) terminal.sayJson({ account: kept.account, signedOut: true });
    else terminal.say(`${kept.account} is signed out`);
    return { next: 'sign in again: sealstream login' };
  },
});
