/** keyring: Keysets in Redis under outermost keys that Redis never sees. */
export {};
