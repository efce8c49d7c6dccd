/** Options of `kpb ipvs`, and what they parse to. */
import type { CommonArguments } from './options.js';

/** What `kpb ipvs` does. */
export const IPVS_ACTIONS = ['replay'] as const;

/** Which of ipvsadm's tables are shown. */
export const SHOWN_TABLES = ['all', 'end', 'none'] as const;

/** What the options parse to. */
export interface IpvsArguments extends CommonArguments {
  readonly action: (typeof IPVS_ACTIONS)[number];
  readonly script: string;
  readonly scheduler: string | undefined;
  readonly schedFlags: string | undefined;
  /** undefined for that of the script's kernel. */
  readonly loadFactor: string | undefined;
  readonly tables: (typeof SHOWN_TABLES)[number];
  readonly seed: string;
}
