// A process that signs somebody in as its parent says, whose memory the parent looks through.
import { readSync } from 'node:fs';
import { openAccounts } from '../src/accounts.ts';

/** What a parent asks for; the password itself comes through a pipe, as bytes. */
export interface SigningOrder {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly bytes: number;
  readonly do: 'sign-in' | 'mistype' | 'plant';
}

const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
/** What is planted, so that the search has something to find. */
const planted: Uint8Array[] = [];

process.on('message', (order: SigningOrder) => {
  answer(order).then(
    (text) => process.send?.({ text }),
    (error: unknown) => process.send?.({ text: String(error) }),
  );
});

async function answer(order: SigningOrder): Promise<string> {
  // Read straight into bytes of our own: a stream would keep a copy that nobody wipes.
  const password = new Uint8Array(new ArrayBuffer(order.bytes));
  for (let at = 0; at < password.length; )
    at += readSync(0, password, at, password.length - at, null);
  if (order.do === 'plant') {
    planted.push(password);
    return 'planted';
  }
  if (order.do === 'mistype') password[0] = 0x58;
  const { prefix, redisUrl } = order;
  const signIn = { secret: new Uint8Array(32).fill(7) };
  const accounts = await openAccounts({ redisUrl, prefix, logger, signIn });
  const request = { name: 'somebody', address: '192.0.2.1', password };
  const { kind } = await accounts.signIn.withPassword(request);
  return kind;
}
