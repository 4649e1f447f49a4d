/** What a service that keeps tokens in the vault can be told besides. */
export const VAULT_SETTINGS = {
  redisWriteUrl: {
    env: 'REDIS_WRITE_URL',
    type: 'url',
    secret: true,
    optional: true,
    meaning:
      'The same Redis as a user that may make rows of the token vault, where there are none.',
  },
} as const;
