import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';

import { accessServer } from '../src/access-server.ts';
import { ROUTES } from '../src/routes.ts';
import { ROOT } from '../../../tools/stack/paths.ts';
import { pythonProgram } from '../../../tools/stack/python-tools.ts';
import { openWholeAccess, type WholeAccess } from './whole-access.ts';

const CONFIG = join(ROOT, 'tools', 'python', 'schemathesis.toml');
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 45);
const SEED = process.env['SEED'] ?? '4711';
const CASES = SECONDS > 60 ? 1000 : 25;

let whole: WholeAccess;
let python: string;
/** It keeps examples where it runs. */
const folder = mkdtempSync(join(tmpdir(), 'sealstream-fuzz-'));

beforeAll(async () => {
  python = await pythonProgram(() => undefined);
  whole = await openWholeAccess(inject('stack'));
}, 240_000);
afterAll(async () => {
  await whole?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs schemathesis on a service; what it says, and its exit code. */
function fuzz(base: string, ...more: string[]): Promise<{ code: number; said: string }> {
  const { key } = whole;
  const program = join(dirname(python), 'schemathesis');
  const args = ['--no-color', '--config-file', CONFIG, 'run', `${base}/v1/openapi.json`];
  const options = {
    cwd: folder,
    env: { PATH: process.env['PATH'], SEALSTREAM_FUZZ_KEY: key },
    maxBuffer: 2 ** 28,
  };
  return new Promise((resolve) => {
    execFile(program, [...args, '--warnings', 'off', ...more], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? -1);
      resolve({ code, said: `${stdout}\n${stderr}` });
    });
  });
}

test(
  'whatever is generated from the OpenAPI document is answered as that document says',
  async () => {
    const limits = ['--max-examples', String(CASES), '--max-time', String(SECONDS)];
    const { code, said } = await fuzz(whole.access.base, '--seed', SEED, ...limits);
    expect([code, code === 0 ? '' : said]).toEqual([0, '']);
    // All but the stream and the sign-out, and neither of the two phases is left out.
    const selected = ROUTES.length - 2;
    expect(said).toContain(`${selected} selected / ${ROUTES.length} total`);
    expect(said).toMatch(/Coverage[\s\S]+Fuzzing/);
  },
  (SECONDS + 120) * 1000,
);

test('a route that fails, one with another answer and one with an untold status are found', async () => {
  const server = await accessServer({ bodyMax: 4096, requestMs: 5000 });
  try {
    const response = { 200: z.object({ count: z.int() }) };
    server.get('/v1/fails', { schema: { response } }, async () => {
      throw new Error('planted');
    });
    server.get('/v1/other', { schema: { response } }, async (_request, reply) =>
      reply.serializer(JSON.stringify).type('application/json').send({ count: 'many' }),
    );
    server.get('/v1/untold', { schema: { response } }, async (_request, reply) =>
      reply.code(206 as 200).send({ count: 1 }),
    );
    server.get('/v1/openapi.json', { schema: { hide: true } }, async () => server.swagger());
    const base = await server.listen({ host: '127.0.0.1', port: 0 });
    const { code, said } = await fuzz(base, '--seed', SEED, '--max-examples', '3');
    expect(code).toBe(1);
    expect(said).toContain('3 failed');
    for (const finding of ['Server error', 'Response violates schema', 'Undocumented status code'])
      expect(said).toContain(finding);
  } finally {
    await server.close();
  }
});
