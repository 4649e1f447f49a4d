/** audit-log: A tamper-evident append-only log: tiles, bundles, signed checkpoints, proofs. */
export {};
