/** crypto: Key derivation, authenticated encryption, field tokens, sealed records, keyed hashes, signatures. */
export {};
