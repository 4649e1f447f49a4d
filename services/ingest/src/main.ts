/** ingest: raw.D in, accepted.D or rejected.D out. */
export {};
