/** records: Finds fields in JSON and CSV and rewrites them; every other byte stays as it came. */
export {};
