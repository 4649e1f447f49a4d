import { DEFAULT_SEAL } from '@sealstream/crypto';
import { describe, expect, test } from 'vitest';
import { datasetOf, formatProblem, parsePolicy, PolicyError } from '../src/index.ts';
import { people, PEOPLE_YAML } from './people.ts';

/** Problems of the example after an edit. */
function problems(from: string, to: string): string[] {
  expect(PEOPLE_YAML).toContain(from);
  return problemsOf(PEOPLE_YAML.replace(from, to));
}

function problemsOf(text: string): string[] {
  try {
    parsePolicy(text, 'p.yaml');
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(PolicyError);
    return (error as PolicyError).problems.map(formatProblem);
  }
}

function warnings(from: string, to: string): string[] {
  return parsePolicy(PEOPLE_YAML.replace(from, to), 'p.yaml').warnings.map(formatProblem);
}

describe('the example policy', () => {
  test('is valid and without a warning', () => {
    const policy = parsePolicy(PEOPLE_YAML, 'sealstream.yaml');
    expect(policy.warnings).toEqual([]);
    expect([...policy.datasets.keys()]).toEqual(['people']);
  });

  test('gives the dataset with every default filled in', () => {
    expect(people()).toMatchObject({
      name: 'people',
      revision: 1,
      format: 'json',
      maxRecordBytes: 1048576,
      subject: '/ssn',
      unknownFields: 'reject',
      key: { path: '#key', mask: { name: 'hash' }, encrypt: 'hash' },
      headers: [{ path: '#header/traceparent', mask: { name: 'keep' }, encrypt: 'keep' }],
      required: ['/first_name', '/last_name', '/ssn', '/email'],
      topics: { raw: 'raw.people', masked: 'masked.people', encrypted: 'encrypted.people' },
    });
    expect(people().fields).toContainEqual({
      path: '/contacts/*/email',
      types: ['string'],
      required: false,
      mask: { name: 'redact', parameters: undefined },
      encrypt: 'seal',
      seal: { ...DEFAULT_SEAL, keys: 'subject' },
    });
  });

  test('a field of which nothing is said is redacted and sealed', () => {
    const [note] = people(['mask: redact, encrypt: seal', '']).fields.filter(
      ({ path }) => path === '/note',
    );
    expect(note).toMatchObject({ mask: { name: 'redact' }, encrypt: 'seal' });
  });

  test('an unknown dataset is refused with the near name', () => {
    const policy = parsePolicy(PEOPLE_YAML, 'p.yaml');
    expect(() => datasetOf(policy, 'poeple')).toThrow(
      /POLICY_UNKNOWN_DATASET.*did you mean people/,
    );
  });
});

describe('the policy id', () => {
  test('is the revision and the first bytes of the hash', () => {
    const { policyId, sha256 } = people(['revision: 1', 'revision: 258']);
    expect(policyId.toString('hex')).toBe(`00000102${sha256.slice(0, 8)}`);
  });

  test('does not change with comments, order or white space, and does with every rule', () => {
    const base = people().sha256;
    expect(people(['# raised with every change', '']).sha256).toBe(base);
    expect(people(['[/first_name, /last_name,', '[/last_name, /first_name,']).sha256).toBe(base);
    expect(people(['type: string, mask: redact', 'mask: redact, type: string']).sha256).toBe(base);
    expect(people(['mask: redact', 'mask: drop']).sha256).not.toBe(base);
    expect(people(['hideLast: 4', 'hideLast: 5']).sha256).not.toBe(base);
    expect(people(['unknownFields: reject', 'unknownFields: drop']).sha256).not.toBe(base);
  });
});

describe('problems, each with line and column', () => {
  test.each([
    [
      'unknownFields',
      'unknwnFields',
      '10:5: unknown word unknwnFields; did you mean unknownFields?',
    ],
    ['hideLast: 4', 'hideLst: 4', '19:59: /ssn: unknown word hideLst; did you mean hideLast?'],
    ['mask: redact', 'mask: redct', '26:46: /note: unknown mask redct; did you mean redact?'],
    [
      'mask: redact',
      'mask: { redct: 1 }',
      '26:48: /note: unknown mask redct; did you mean redact?',
    ],
    ['mask: redact', 'mask: { redact: 1 }', 'redact takes no parameters'],
    [
      'mask: redact',
      'mask: partial',
      'partial alone goes by the class of the field: declare one, or write { partial',
    ],
    ['mask: redact', 'mask:', '/note: mask is empty'],
    ['mask: redact', 'mask: {}', 'mask must name exactly one transform'],
    ['mask: redact', 'mask: [redact]', 'mask must be a name'],
    ['mask: redact', 'mask: { generalise: { buckt: 5 } }', 'generalise must be written as'],
    [
      'encrypt: keep',
      'encrypt: sel',
      '25:87: /amount: encrypt must be one of seal, keep, drop, null',
    ],
    ['encrypt: keep', 'encrypt:', '/amount: encrypt is empty'],
    [
      'type: number',
      'type: nmber',
      '25:32: /amount: type must be one of string, number, boolean, object, array; did',
    ],
    ['type: number', 'type: string', 'generalise by bucket needs type: number'],
    ['{ bucket: 50 }', '{ date: month }', 'generalise by date needs type: string'],
    ['mask: redact', 'mask: { generalise: { date: year } }, class: dat', 'did you mean date?'],
    ['revision: 1 ', 'revision: 1.5 ', '6:15: revision must be a whole number'],
    ['revision: 1 ', 'revision: 0 ', '6:15: revision must be at least 1'],
    ['revision: 1 ', 'revision: 5000000000 ', 'revision must be at most 4294967295'],
    ['    revision: 1 ', '    ', '5:3: revision is missing'],
    ['version: 1', 'version: 2', '2:10: version must be 1'],
    ['subject: /ssn', 'subject: /sn', '9:14: subject /sn is not under fields; did you mean /ssn?'],
    ['subject: /ssn', 'subject: /phone', 'subject must stand under required'],
    ['subject: /ssn', 'subject: /amount', 'subject must be a field of type: string'],
    ['subject: /ssn', 'subject: /contacts/*/email', 'subject must be one field'],
    [
      '/email]',
      '/emial]',
      'required names /emial, which is not under fields; did you mean /email?',
    ],
    ['/email]', '/email, /ssn]', 'required names /ssn twice'],
    ['[traceparent]', '[Sealstream-Source]', '12:15: headers that begin with sealstream are'],
    ['[traceparent]', '[a, a]', 'headers names a twice'],
    ['mask: hash, encrypt', 'mask: hsh, encrypt', '11:18: unknown mask hsh; did you mean hash?'],
    ['raw: raw.people', 'raw: masked_people', 'is the same topic as people/raw'],
    ['raw: raw.people', 'raw: "a b"', 'raw: a topic is named by 1 to 249'],
    ['raw: raw.people', 'raw: security.alerts', 'security.alerts is kept for Sealstream'],
    ['raw: raw.people', 'raw: audit.events.x', 'audit.events.x is kept for Sealstream'],
    ['  people:', '  pe/ople:', '5:3: a dataset is named by 1 to 200'],
    [
      'format: json',
      'format: jsn',
      'format must be one of json, avro, json-schema, protobuf; did you mean json?',
    ],
    ['format: json', 'maxRecordBytes: -1', 'maxRecordBytes must be at least 1'],
    ['format: json', 'deleteAfterIngest: 1', 'deleteAfterIngest must be true or false'],
    ['headers:', '__proto__:', 'the name __proto__ cannot be used here'],
  ])('%j becomes %j: %s', (from, to, said) => {
    const found = problems(from, to);
    expect(found.join('\n')).toContain(said);
    expect(found[0]).toMatch(/^p\.yaml:\d+:\d+: /);
  });

  test.each([
    ['/note:', '/phone:', 'p.yaml:26:7: this stands twice in one map'],
    [
      '/address/street',
      '/contacts/street',
      '/contacts/*/email: is matched twice: /contacts/street',
    ],
    ['/address/street', '/ssn/street', '/ssn/street: lies inside /ssn'],
    ['/address/street', '/contacts', '/contacts/*/email: lies inside /contacts'],
    ['/address/street', '/*', '27:7: /*: is matched twice'],
    ['/address/street', 'address', '27:7: address: a path begins with /'],
    ['/address/street', '/address~street', 'a path begins with /'],
    ['/address/street', '/first_name~2', ''],
  ])('a path matched twice, or none, is refused: %j becomes %j', (from, to, said) => {
    const found = problems(from, to);
    if (said === '') expect(found).toEqual([]);
    else expect(found.join('\n')).toContain(said);
  });

  test('every problem is told at once, in the order of the file', () => {
    const text = PEOPLE_YAML.replace('mask: redact', 'mask: redct').replace('/ssn  ', '/sn  ');
    expect(problemsOf(text)).toHaveLength(2);
    expect(problemsOf('')).toHaveLength(1);
    expect(problemsOf('version: 1\ndatasets: {}')).toEqual([
      'p.yaml:2:1: datasets names no dataset',
    ]);
    expect(problemsOf('version: 1\ndatasets: { d: { revision: 1, fields: {} } }')[0]).toContain(
      'fields names no field',
    );
  });

  test('a file that is no YAML, or that grows by aliases, is a problem and not a crash', () => {
    expect(problemsOf('version: 1\ndatasets: {people: [')[0]).toMatch(/^p\.yaml:2:/);
    expect(problemsOf('a: *b')[0]).toMatch(/^p\.yaml:1:/);
    let bomb = 'a0: &a0 [x]\n';
    for (let i = 1; i < 20; i++) bomb += `a${i}: &a${i} [${`*a${i - 1},`.repeat(9)}]\n`;
    expect(problemsOf(bomb)[0]).toContain('too many aliases');
    expect(problemsOf('--- {}\n--- {}\n')).toHaveLength(1);
  });

  test('two datasets cannot share a topic', () => {
    const field = 'fields: { /a: { type: string } }';
    const text = `version: 1\ndatasets:\n  a: { revision: 1, ${field} }\n  b: { revision: 1, topics: { raw: raw.a }, ${field} }\n`;
    expect(problemsOf(text)).toEqual([
      'p.yaml:4:36: raw: raw.a is the same topic as a/raw; each needs its own (. and _ are alike)',
    ]);
  });
});

describe('masks that hide too little', () => {
  const card = 'partial: { keepFirst: 6, keepLast: 4 }';

  test.each(['{ keepFirst: 7, keepLast: 4 }', '{ keepLast: 5 }', '{ hideLast: 4 }'])(
    'a card mask beyond first 6 and last 4 is an error: %s',
    (rule) => {
      expect(problems(card, `partial: ${rule}`)[0]).toContain('first 6 and last 4 at most');
      const pan = problems(
        '/note:           { type: string, mask: redact',
        `/x: { type: string, class: card, mask: { partial: ${rule} }`,
      );
      expect(pan[0]).toContain('first 6 and last 4 at most');
    },
  );

  test('a card that is kept whole is a warning', () => {
    expect(warnings(`{ ${card} }`, 'keep')[0]).toContain('the whole card number stands on masked');
  });

  test.each(['{ hideLast: 0 }', '{}', '{ with: X }'])(
    'a mask that can hide nothing is an error: %s',
    (rule) => {
      expect(problems('mask: redact', `mask: { partial: ${rule} }`)[0]).toContain('hides nothing');
    },
  );

  test('a mask that keeps more than half of its class is a warning', () => {
    expect(warnings('/zip:            { ', '/zip: { class: zip, ')[0]).toContain(
      'keeps 3 of about 5',
    );
    expect(warnings('/ssn:            { ', '/ssn: { class: ssn, ')[0]).toContain(
      'keeps 5 of about 9',
    );
    expect(warnings('/phone:          { ', '/phone: { class: phone, ')).toEqual([]);
  });

  test('a transform that cannot treat the declared type is an error', () => {
    const flag = '/note:           { type: boolean, mask: { partial: { hideLast: 1 } } }';
    expect(
      problems('/note:           { type: string, mask: redact, encrypt: seal }', flag)[0],
    ).toContain('partial cannot treat a boolean');
  });
});

describe('the equality oracle', () => {
  const hash = (more: string) => ['mask: redact', `mask: hash${more}`] as const;
  const accept = ', equalityOracle: { accepted: two people read both }';

  test('a hash of unknown domain needs a class or an acceptance', () => {
    expect(problems(...hash(''))[0]).toContain('declare the class');
    expect(problems(...hash(', class: uuid'))).toEqual([]);
    expect(problems(...hash(', class: email'))).toEqual([]);
    expect(problems(...hash(accept))).toEqual([]);
  });

  test('a hash of a small domain needs an acceptance with a reason', () => {
    expect(problems(...hash(', class: ssn'))[0]).toContain('so few possible values');
    expect(problems(...hash(`, class: ssn${accept}`))).toEqual([]);
    expect(problems(...hash(', class: ssn, equalityOracle: { accepted: "" }'))[0]).toContain(
      'reason',
    );
    expect(problems(...hash(', class: ssn, equalityOracle: accepted'))).toHaveLength(1);
  });

  test('numbers and booleans always count as few', () => {
    const number = ['generalise: { bucket: 50 }', 'hash: {}'] as const;
    expect(problems(...number)[0]).toContain('so few possible values');
  });

  test('an acceptance that accepts nothing is a warning', () => {
    expect(warnings('mask: redact', `mask: redact${accept}`)[0]).toContain('accepts nothing');
  });

  test('record keys count as large unless their class is small', () => {
    expect(problems('encrypt: hash }', 'encrypt: hash, class: ssn }')[0]).toContain('drop the key');
    expect(problems('encrypt: hash }', `encrypt: hash, class: ssn${accept} }`)).toEqual([]);
  });
});
