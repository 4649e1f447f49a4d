/** The role that the first person gets. */
export const ADMINISTRATOR = 'administrator';

/** Four eyes need two people, and two who can make accounts need each other. */
const ADMINISTRATORS_MIN = 2;

/** What is known of the people who hold the role `administrator`. */
export interface Administrators {
  /** People whose account is enabled; two accounts of one person count once. */
  readonly enabled: number;
  /**
   * Whether two were ever enabled at once. It never goes back: else one who disables the other could
   * make a third alone and approve with it.
   */
  readonly wereTwo: boolean;
}

/**
 * What the number of administrators still allows:
 * `nobody`: only the bootstrap secret can make the first; `second-only`: the first can do nothing but
 * make a second, without four eyes, since there is nobody else; `all`: what the rules allow.
 */
export type BootstrapLimits = 'nobody' | 'second-only' | 'all';

/** Narrows what `decide` allows, for everybody, until two administrators existed. */
export function bootstrapLimits({ enabled, wereTwo }: Administrators): BootstrapLimits {
  if (wereTwo || enabled >= ADMINISTRATORS_MIN) return 'all';
  return enabled === 0 ? 'nobody' : 'second-only';
}
