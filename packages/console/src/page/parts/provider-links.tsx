import { useEffect, useState } from 'preact/hooks';
import type { SignInProviders } from '../api/answers.ts';
import { type ApiClient, apiPath } from '../api/api-client.ts';

/**
 * Ways in beside the password: links that lead to OpenID providers. None while they are not known; nobody
 * needs them to use the form.
 */
export function ProviderLinks({ api }: { readonly api: ApiClient }) {
  const [providers, setProviders] = useState<SignInProviders['providers']>([]);
  useEffect(() => {
    api.get<SignInProviders>('/v1/sign-in').then(
      (answer) => setProviders(answer.providers),
      () => setProviders([]),
    );
  }, [api]);
  if (providers.length === 0) return null;
  return (
    <ul class="providers">
      {providers.map(({ name, title }) => (
        <li key={name}>
          <a class="button" href={apiPath('sign-in', name)}>
            Sign in with {title}
          </a>
        </li>
      ))}
    </ul>
  );
}
