import type { Session, User } from '@sealstream/accounts';

import { textTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** A time for people and for sorting; `never` for none. */
export function timeOf(ms: number | undefined): string {
  return ms === undefined ? 'never' : new Date(ms).toISOString();
}

/** One user on one line, or as JSON. */
export function showUser(terminal: Terminal, user: User): void {
  if (terminal.json) {
    terminal.sayJson(user);
    return;
  }
  const { name, person, version } = user;
  terminal.say(`${name}  ${person}  ${stateOf(user)}  version ${version}  roles ${rolesOf(user)}`);
}

/** Users in columns, under their heads. */
export function userTable(users: readonly User[]): string[] {
  const rows = users.map((user) => {
    const { createdMs, lastUsedMs, name, person } = user;
    return [name, stateOf(user), person, timeOf(createdMs), timeOf(lastUsedMs), rolesOf(user)];
  });
  const heads = ['user', 'state', 'person', 'created', 'used', 'roles'];
  return textTable(
    heads.map((head) => ({ head })),
    rows,
  );
}

/** How many sessions there are, and each in columns under their heads. */
export function sessionLines(sessions: readonly Session[]): string[] {
  const count = `${sessions.length} sessions`;
  if (sessions.length === 0) return [count];
  const rows = sessions.map(({ address, createdMs, device, endsMs, id, identity, usedMs }) => [
    id,
    ...[createdMs, usedMs, endsMs].map(timeOf),
    identity?.issuer ?? 'password',
    address,
    device,
  ]);
  const heads = ['session', 'since', 'used', 'until', 'by', 'address', 'device'];
  return [
    count,
    ...textTable(
      heads.map((head) => ({ head })),
      rows,
    ),
  ];
}

function stateOf({ disabled, hasPassword }: User): 'disabled' | 'no password' | 'active' {
  if (disabled) return 'disabled';
  return hasPassword ? 'active' : 'no password';
}

function rolesOf({ roles }: User): string {
  return roles.length === 0 ? '-' : roles.map(({ role }) => role).join(',');
}
