/** encrypt: accepted.D in, encrypted.D out. */
export {};
