import { SealstreamError } from '@sealstream/contracts';
import type { ClientCertificateRule } from '@sealstream/service';
import { parseDocument } from 'yaml';
import { z } from 'zod';

const text = z.string().min(1);

/** The form of the file: whose a certificate is, one rule a certificate's name. */
const ClientRules = z.strictObject({
  rules: z.array(
    z.union([
      z.strictObject({ account: text, uri: text }),
      z.strictObject({ account: text, issuer: text, subject: text }),
    ]),
  ),
});

/**
 * The rules of a file: `rules`, a list of maps of `account` and either `uri` or `issuer` and `subject`.
 * An empty list is one by which nobody gets in.
 *
 * @throws SealstreamError CONFIG_INVALID with the place of the first fault; of what stands there nothing
 */
export function clientRules(yaml: string, file: string): readonly ClientCertificateRule[] {
  const document = parseDocument(yaml, {
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: true,
  });
  const refused = (problem: string) => new SealstreamError('CONFIG_INVALID', { file, problem });
  if (document.errors.length + document.warnings.length > 0) throw refused('is no YAML');
  let data: unknown;
  try {
    // Nobody needs an alias here.
    data = document.toJS({ maxAliasCount: 0 });
  } catch {
    throw refused('is no plain YAML');
  }
  const read = ClientRules.safeParse(data);
  if (!read.success) {
    const place = read.error.issues[0]?.path.slice(0, 2).join('.') ?? '';
    const where = /^rules(\.\d+)?$/.test(place) ? `${place}: ` : '';
    throw refused(`${where}not a list of rules of account and uri, or account, issuer and subject`);
  }
  return read.data.rules.map(({ account: name, ...of }) => ({ name, ...of }));
}
