import { hostname, userInfo } from 'node:os';

import { Option } from 'commander';

import { neededPlace, sessionFileOf } from '../access/access-client.ts';
import { signIn } from '../access/access-session.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { presentPassword } from '../password-input.ts';

interface Options extends CommonOptions {
  readonly name?: string;
}

export const login = defineCommand<Options>({
  name: 'login',
  summary: 'sign in at the service access',
  about:
    'Asks for the password without showing it, or takes it from stdin, and keeps the session in a file ' +
    'that only you may read, under XDG_STATE_HOME or ~/.local/state. Commands renew it by themselves ' +
    'until it ends; the password is kept nowhere. Needs SEALSTREAM_ACCESS_URL. A program has an API ' +
    'key instead, in SEALSTREAM_ACCESS_API_KEY_FILE.',
  options: [new Option('--name <user>', 'who you are there (default: your name on this machine)')],
  examples: [
    ['sealstream login', 'asked for the password'],
    ['sealstream login --name alice < password.txt', 'as another one, from a file'],
  ],
  exits: { 2: 'usage or settings are wrong, or name and password do not get in' },
  run: async (context, options) => {
    const { terminal } = context;
    const place = neededPlace(context);
    const name = options.name ?? userInfo().username;
    const password = await presentPassword(terminal);
    const text = Buffer.from(password).toString('utf8');
    password.fill(0);
    const device = `sealstream on ${hostname()}`.slice(0, 200);
    const by = { name, password: text, device };
    const { account, person, roles } = await signIn(place, sessionFileOf(context, place), by);
    if (terminal.json) terminal.sayJson({ account, person, roles });
    else terminal.say(`${account}  ${person}  roles ${roles.join(',') || '-'}`);
    return { next: 'see what you may do: sealstream whoami' };
  },
});
