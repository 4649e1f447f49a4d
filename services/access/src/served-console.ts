import fastifyStatic from '@fastify/static';
import { CONSOLE_FOLDER, CONSOLE_HEADERS } from '@sealstream/console';
import type { FastifyInstance } from 'fastify';

/** Files whose names hold a hash of what is in them. */
const HASHED = '/assets/';
const FOR_EVER = 'public, max-age=31536000, immutable';

/**
 * Serves the console at `/`: files that were there at the start and no other, so that no path leads out
 * of their folder. They are public; what they show they ask of the routes, as whoever is signed in.
 */
export async function serveConsole(server: FastifyInstance): Promise<void> {
  await server.register(fastifyStatic, {
    root: CONSOLE_FOLDER,
    wildcard: false,
    // Ours say it, by name of the file.
    cacheControl: false,
    decorateReply: false,
    setHeaders: (reply) => {
      for (const [name, value] of Object.entries(CONSOLE_HEADERS)) void reply.header(name, value);
      void reply.header(
        'cache-control',
        reply.request.url.startsWith(HASHED) ? FOR_EVER : 'no-cache',
      );
    },
  });
}
