/** policy: The policy file: parse, validate, compile to plans that mask, encrypt or open. */
export {};
