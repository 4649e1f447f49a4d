// What no honest client sends, as data: what it is, what is sent, and how that has to be answered.

export const SEAL = '/v1/datasets/people/seal';
export const ACKNOWLEDGE = '/v1/alerts/none/acknowledge';

type HostileBody = [
  what: string,
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  status: number,
];

/** @param canary stands in some of them, and may stand nowhere after */
export function hostileBodies(canary: string): HostileBody[] {
  const deep = '['.repeat(10_000) + ']'.repeat(10_000);
  const objects = '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000);
  const utf8 = Buffer.concat([
    Buffer.from('{"note":"'),
    Buffer.from([0xc3, 0x28]),
    Buffer.from('"}'),
  ]);
  return [
    ['with __proto__', ACKNOWLEDGE, '{"__proto__":{"note":"x"}}', 400],
    ['with an escaped __proto__', ACKNOWLEDGE, String.raw`{"__pr\u006fto__":{"note":"x"}}`, 400],
    ['with constructor.prototype', ACKNOWLEDGE, '{"constructor":{"prototype":{"a":1}}}', 400],
    ['with a constructor of its own', ACKNOWLEDGE, '{"constructor":1}', 400],
    [
      'with __proto__ inside',
      SEAL,
      '{"values":[{"path":"/name","value":"x","__proto__":{}}]}',
      400,
    ],
    ['10,000 arrays deep', SEAL, `{"values":${deep}}`, 400],
    ['10,000 objects deep', SEAL, `{"values":[${objects}]}`, 400],
    ['with 100,000 elements', SEAL, `{"values":[${Array(100_000).fill('{}').join()}]}`, 400],
    ['with a number beyond doubles', SEAL, '{"values":1e999}', 400],
    [
      'with a number for a text',
      SEAL,
      '{"values":[{"path":"/name","value":9007199254740993}]}',
      400,
    ],
    ['with control characters', ACKNOWLEDGE, `{"note":"${canary}\\r\\nx: y"}`, 400],
    ['with NUL in it', ACKNOWLEDGE, `{"note":"${canary}\\u0000"}`, 400],
    ['with a bare NUL', ACKNOWLEDGE, '{"note":"\0"}', 400],
    ['that is no JSON', SEAL, `${canary}{`, 400],
    ['that is empty', SEAL, '', 400],
    ['that is null', SEAL, 'null', 400],
    ['of one member twice, the last of which is bad', SEAL, '{"values":[],"values":7}', 400],
    ['with bytes that are no UTF-8', ACKNOWLEDGE, Uint8Array.from(utf8), 404],
    ['with half a surrogate', ACKNOWLEDGE, String.raw`{"note":"\ud800"}`, 404],
  ];
}

/** Parts of requests as bytes. */
export const PARTS = {
  host: 'host: a\r\n',
  close: 'connection: close\r\n\r\n',
  json: 'content-type: application/json\r\n',
} as const;

type HostileExchange = [what: string, bytes: string, statuses: number[]];

/** Bytes on a connection of their own. @param canary as above */
export function hostileExchanges(canary: string): HostileExchange[] {
  const { close, host, json } = PARTS;
  return [
    ['HTTP/1.0', `GET /v1/health HTTP/1.0\r\n\r\n`, [200]],
    ['HTTP/1.1 without a Host', `GET /v1/health HTTP/1.1\r\n${close}`, [400]],
    [
      'a target with another host',
      `GET http://evil.example/v1/me HTTP/1.1\r\n${host}${close}`,
      [401, 404],
    ],
    ['TRACE', `TRACE /v1/me HTTP/1.1\r\n${host}x-a: ${canary}\r\n${close}`, [404]],
    ['an unknown method', `BREW /v1/me HTTP/1.1\r\n${host}${close}`, [400]],
    ['a target with spaces', `GET /v1/me HTTP/1.1 x\r\n${host}${close}`, [400]],
    ['a broken escape', `GET /v1/datasets/%zz HTTP/1.1\r\n${host}${close}`, [400]],
    ['climbing to a file', `GET /../../../package.json HTTP/1.1\r\n${host}${close}`, [404]],
    ['climbing out of assets', `GET /assets/../../package.json HTTP/1.1\r\n${host}${close}`, [404]],
    [
      'two lengths',
      `POST /v1/session HTTP/1.1\r\n${host}${json}content-length: 2\r\ncontent-length: 9\r\n${close}{}`,
      [400],
    ],
    [
      'a length and chunks',
      `POST /v1/session HTTP/1.1\r\n${host}${json}content-length: 4\r\ntransfer-encoding: chunked\r\n${close}0\r\n\r\n`,
      [400],
    ],
    [
      'an unknown transfer coding',
      `POST /v1/session HTTP/1.1\r\n${host}${json}transfer-encoding: xchunked\r\n${close}{}`,
      [400],
    ],
    [
      'a negative length',
      `POST /v1/session HTTP/1.1\r\n${host}${json}content-length: -1\r\n${close}{}`,
      [400],
    ],
    [
      'a chunk without a size',
      `POST /v1/session HTTP/1.1\r\n${host}${json}transfer-encoding: chunked\r\n${close}zz\r\n`,
      [400],
    ],
    [
      '20 kB of headers',
      `GET /v1/me HTTP/1.1\r\n${host}x: ${canary.repeat(700)}\r\n${close}`,
      [431],
    ],
    ['5000 headers', `GET /v1/me HTTP/1.1\r\n${host}${'a: b\r\n'.repeat(5000)}${close}`, [431]],
    [
      'a body beyond the bound, before it is sent',
      `POST /v1/session HTTP/1.1\r\n${host}${json}content-length: 5242880\r\n${close}`,
      [413],
    ],
    ['TLS to a plain port', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', [400]],
  ];
}

/** 50 kB of what a form takes, and then something that it does not. */
export const near = (unit: string) => unit.repeat(Math.floor(50_000 / unit.length)) + '!\u0001';

/** One for each form with a regular expression. */
export function nearMisses(): [what: string, path: string, body: object][] {
  return [
    ['a note', ACKNOWLEDGE, { note: near('ab ') }],
    [
      'a reference',
      '/v1/datasets/people/reveal',
      {
        purpose: 'fraud',
        reference: near('C-1 '),
        values: [{ path: '/ssn', token: 'x' }],
      },
    ],
    [
      'a source',
      '/v1/datasets/people/reveal',
      {
        purpose: 'fraud',
        values: [{ path: '/ssn', token: 'x', source: near('AA==') }],
      },
    ],
    [
      'a key id',
      '/v1/datasets/people/detokenise',
      {
        purpose: 'fraud',
        path: '/card',
        masked: ['1'],
        keyId: near('A_-'),
      },
    ],
    ['a code', '/v1/datasets/people/rejects/replay', { dryRun: true, code: near('A_') }],
    ['an id', '/v1/datasets/people/rejects/replay', { dryRun: true, ids: [near('1:1')] }],
    ['a grant', '/v1/keys/resolve', { grant: near('0a'), nonce: near('A'), keys: [] }],
    [
      'a path of resolve',
      '/v1/keys/resolve',
      {
        grant: '0'.repeat(24),
        nonce: 'A'.repeat(22),
        keys: [{ keyId: near('A'), path: near('/a/*') }],
      },
    ],
  ];
}
