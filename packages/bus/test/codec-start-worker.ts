// Opens a bus after breaking one codec as a bad install or an old Node does, and prints the error.
// node codec-start-worker.ts PREFIX: packages of that name are not found; or zstd, which Node lacks.
import { registerHooks } from 'node:module';
import zlib from 'node:zlib';
import { SealstreamError } from '@sealstream/contracts';
import { logger } from './quiet-logger.ts';

const [broken = ''] = process.argv.slice(2);
if (broken === 'zstd') Object.assign(zlib, { zstdDecompressSync: undefined });
registerHooks({
  resolve(specifier, context, next) {
    if (broken !== '' && specifier.startsWith(broken)) throw new Error(`${specifier} is missing`);
    return next(specifier, context);
  },
});
const { openBus } = await import('../src/index.ts');
try {
  // Nobody listens there: a bus that got past its codecs says so.
  await openBus({ brokers: ['127.0.0.1:1'], clientId: 'start', logger, connectTimeoutMs: 0 });
} catch (error) {
  process.stdout.write(error instanceof SealstreamError ? error.message : String(error));
}
process.exit(0);
