import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** What a start says when packages whose names begin so are missing, or zstd is. */
function start(broken: string): string {
  const script = join(import.meta.dirname, 'codec-start-worker.ts');
  const flags = ['--conditions=sealstream-source', '--disable-warning=ExperimentalWarning'];
  return execFileSync(process.execPath, [...flags, script, broken]).toString();
}

describe('opening a bus', () => {
  it.each([
    { broken: 'snappy', said: 'codec snappy, from snappy' },
    { broken: '@napi-rs/snappy-', said: 'codec snappy, from snappy' },
    { broken: '@antoniomuso/lz4-napi-', said: 'codec lz4, from lz4-napi' },
    { broken: 'zstd', said: 'codec zstd, from node:zlib' },
  ])('names the codec that cannot be loaded when $broken is missing', ({ broken, said }) => {
    const message = start(broken);
    expect(message).toMatch(/^CODEC_UNAVAILABLE: /);
    expect(message).toContain(said);
    expect(message).toContain('Install again');
  });

  it('goes on to the brokers when every codec is there', () => {
    expect(start('')).toMatch(/^KAFKA_UNREACHABLE: /);
  });
});
