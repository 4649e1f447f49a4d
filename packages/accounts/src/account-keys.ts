/** Names of what accounts keep in Redis, after the link's prefix. */
export const accountKeys = {
  user: (name: string) => `user:${name}`,
} as const;
