/** audit: audit.events.* in, the tamper-evident log out. */
export {};
