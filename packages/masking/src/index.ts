/** masking: The table of masking transforms. */
export {};
