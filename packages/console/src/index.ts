/**
 * The console: static files that `vite build` makes of `src/page`, and the headers they must be
 * served with.
 *
 * Promises: the files ask no other host for anything, hold no inline script or style, and keep no
 * value of a record in an address, a title or a storage of the browser. They need no server of their
 * own: whoever serves them at `/` beside the access service's `/v1` has a console.
 */
import { fileURLToPath } from 'node:url';

/** Folder of the built page; `index.html` in it is the start, names under `assets/` hold a hash. */
export const CONSOLE_FOLDER: string = fileURLToPath(new URL('../dist/site/', import.meta.url));

/** Content-Security-Policy (W3C CSP 3) under which the page works whole. */
export const CONSOLE_POLICY: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** Headers of every file of the page. */
export const CONSOLE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONSOLE_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
