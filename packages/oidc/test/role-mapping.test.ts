import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isClaimPath, rolesOf } from '../src/role-mapping.ts';

const TABLE = { readers: 'analyst', admins: 'admin' };

describe('roles', () => {
  test.each<[object, string, string[]]>([
    [{ groups: ['readers'] }, 'groups', ['analyst']],
    [{ groups: 'readers' }, 'groups', ['analyst']],
    [{ groups: ['admins', 'readers', 'admins'] }, 'groups', ['admin', 'analyst']],
    [{ realm_access: { roles: ['admins'] } }, 'realm_access.roles', ['admin']],
    [{ 'https://example.com/r': ['admins'] }, '/https:~1~1example.com~1r', ['admin']],
    [{ 'a~b': { 'c.d': ['admins'] } }, '/a~0b/c.d', ['admin']],
  ])('of %j at %s are %j', (claims, path, roles) => {
    expect(rolesOf(claims, path, TABLE)).toEqual(roles);
  });

  test.each<[string, object, string]>([
    ['nothing stands there', {}, 'groups'],
    ['its parent is missing', { roles: ['admins'] }, 'realm_access.roles'],
    ['no value is in the table', { groups: ['Admins', ' admins', 'admins ', 'root'] }, 'groups'],
    ['values are no texts', { groups: [1, true, null, ['admins'], { admins: 1 }] }, 'groups'],
    ['it is an object', { groups: { admins: true } }, 'groups'],
    ['the path is one of every object', { groups: ['admins'] }, 'constructor.name'],
    [
      'a value is one of every object',
      { groups: ['__proto__', 'toString', 'constructor'] },
      'groups',
    ],
    ['the path goes into a list', { groups: ['admins'] }, 'groups.length'],
  ])('are none when %s', (_what, claims, path) => {
    expect(rolesOf(claims, path, TABLE)).toEqual([]);
  });

  test('are never any but those of the table, whatever the claims are', () => {
    fc.assert(
      fc.property(fc.object(), fc.oneof(fc.constant('groups'), fc.string()), (claims, path) => {
        for (const role of rolesOf(claims, path, TABLE))
          expect(['admin', 'analyst']).toContain(role);
      }),
    );
  });
});

describe('a path to a claim', () => {
  test.each(['groups', 'a.b.c', '/a', '/a~1b/c.d'])('may be %s', (path) => {
    expect(isClaimPath(path)).toBe(true);
  });
  test.each(['', '.', 'a.', '.a', 'a..b', 'a/b', '/', '/a/', '/a~2', 'x'.repeat(501)])(
    'is not %j',
    (path) => {
      expect(isClaimPath(path)).toBe(false);
    },
  );
});
