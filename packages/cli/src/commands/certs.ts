import { defineGroup } from '../command.ts';
import { certsCreate } from './certs-create.ts';
import { certsShow } from './certs-show.ts';

export const certs = defineGroup({
  name: 'certs',
  summary: 'make certificates for development, show when certificates end',
  about:
    'TLS for Kafka, Redis and HTTP needs certificates. Where there is no authority to ask, `create` makes ' +
    'one and what it signs; `show` looks at the certificates of anybody.',
  examples: [
    [
      'sealstream certs create --dir tls --host localhost --client mask',
      'an authority and two pairs',
    ],
    ['sealstream certs show tls', 'whose they are, and until when'],
  ],
  commands: [certsCreate, certsShow],
});
