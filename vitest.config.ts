import { defineConfig } from 'vitest/config';

// Unit and architecture tests import our packages from source, so that one class has one identity.
const conditions = ['sealstream-source'];

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: {
          name: 'unit',
          include: [
            'packages/*/test/**/*.test.ts',
            'services/*/test/**/*.test.ts',
            'tools/test/**/*.test.ts',
          ],
          exclude: ['**/*.stack.test.ts', '**/*.browser.test.ts', '**/node_modules/**'],
          // Far more than any needs: a machine that is busy with something else is no fault.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'architecture',
          include: ['test/architecture/**/*.test.ts'],
          testTimeout: 120_000,
        },
      },
      {
        // Tests of what was built for browsers, in Debian's Chromium; one browser at a time.
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: {
          name: 'browser',
          include: ['packages/*/test/**/*.browser.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Of a browser on a busy machine more than the second that is asked for by itself.
          expect: { poll: { timeout: 30_000 } },
          fileParallelism: false,
        },
      },
      {
        // Tests that need the real servers: one stack for the whole run, started by the setup file.
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: {
          name: 'stack',
          include: [
            'packages/*/test/**/*.stack.test.ts',
            'services/*/test/**/*.stack.test.ts',
            'test/e2e/**/*.test.ts',
          ],
          globalSetup: ['test/stack-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
