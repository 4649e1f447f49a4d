import { SealstreamError } from '@sealstream/contracts';

/**
 * A change of a user that names the version it looked at.
 *
 * @throws SealstreamError VERSION_CHANGED where somebody else changed the user since; what the change throws
 */
export async function ofVersion<T>(version: number | undefined, change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    const isChanged = error instanceof SealstreamError && error.code === 'ACCOUNT_CONFLICT';
    if (!isChanged || version === undefined) throw error;
    throw new SealstreamError('VERSION_CHANGED', { version });
  }
}
