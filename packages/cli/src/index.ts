/** cli: The command sealstream. */
export {};
