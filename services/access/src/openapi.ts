import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { VERSION } from '@sealstream/service';

type Options = NonNullable<FastifyDynamicSwaggerOptions['openapi']>;
type SecurityScheme = NonNullable<NonNullable<Options['components']>['securitySchemes']>[string];

/** Of OpenAPI 3.1 (4.8.27); the types of the library know the kinds of 3.0 alone. */
const MUTUAL_TLS = {
  type: 'mutualTLS',
  description: 'A client certificate, of which a rule of the service names the account.',
} as unknown as SecurityScheme;

/** What the OpenAPI document says beside the routes. */
export const OPENAPI: Options = {
  openapi: '3.1.0',
  info: {
    title: 'Sealstream access',
    version: VERSION,
    description:
      'Reveal, detokenise, tokenise and seal values, look after keys and grants. What no role allows ' +
      'is denied; what gives plaintext is on the audit log before.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }],
  components: {
    securitySchemes: {
      password: { type: 'http', scheme: 'basic' },
      token: {
        type: 'http',
        scheme: 'bearer',
        description: 'An API key (ssk_…) or the access token of a session.',
      },
      certificate: MUTUAL_TLS,
    },
  },
};
