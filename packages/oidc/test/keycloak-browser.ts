import type { RealmUser } from '../../../tools/stack/keycloak-realm.ts';

const FORM = /<form id="kc-form-login"[^>]* action="([^"]+)"/;

/**
 * Signs in at Keycloak as a browser does: opens the page, sends the form, and gives the address that it
 * is sent back to. Throws with what the page says when it is not sent back.
 */
export async function visitKeycloak(
  address: string,
  { name, password }: Pick<RealmUser, 'name' | 'password'>,
): Promise<string> {
  const page = await fetch(address, { redirect: 'manual' });
  const html = await page.text();
  const action = FORM.exec(html)?.[1]?.replaceAll('&amp;', '&');
  if (action === undefined)
    throw new Error(`Keycloak shows no form (${page.status}): ${html.slice(0, 300)}`);
  const cookies = page.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');
  const sent = await fetch(action, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: cookies.join('; ') },
    body: new URLSearchParams({ username: name, password, credentialId: '' }),
  });
  const location = sent.headers.get('location');
  if (location === null) {
    const said = /<span id="input-error[^>]*>([^<]*)</.exec(await sent.text())?.[1]?.trim();
    throw new Error(`Keycloak does not let them in (${sent.status}): ${said}`);
  }
  return location;
}
