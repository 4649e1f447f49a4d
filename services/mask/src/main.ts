/** mask: accepted.D in, masked.D out. */
export {};
