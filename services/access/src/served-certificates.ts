import { type OpenedService, TlsFiles } from '@sealstream/service';

import { ClientCertificateFiles } from './client-certificate-files.ts';
import type { AccessConfig } from './config.ts';
import { clientFilesOf, tlsFilesOf } from './listening.ts';

/** Under which certificate people and programs are answered, and with which they get in. */
export interface ServedCertificates {
  /** Undefined for plain HTTP, on loopback alone. */
  readonly tls: TlsFiles | undefined;
  /** Undefined where nobody gets in with a certificate. */
  readonly certificates: ClientCertificateFiles | undefined;
}

/**
 * Opens the certificates of the service and follows their files for as long as it runs.
 *
 * @throws SealstreamError CERTIFICATE_INVALID, CONFIG_INVALID, FILE_UNREADABLE, KEY_FILE_*
 */
export function openCertificates(service: OpenedService<AccessConfig>): ServedCertificates {
  const { config, onStop, telemetry } = service;
  const [paths, clients] = [tlsFilesOf(config), clientFilesOf(config)];
  // Passwords and the console work without a certificate; callers.ts looks at what is shown.
  const options = { use: 'access', letsAllConnect: true, ...telemetry };
  const tls = paths && TlsFiles.open({ ...paths, ...options });
  onStop('certificate', async () => tls?.stop());
  const certificates = clients && ClientCertificateFiles.open({ ...clients, ...telemetry });
  onStop('client certificates', async () => certificates?.stop());
  return { tls, certificates };
}
