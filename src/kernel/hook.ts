/**
 * Hooks, verdicts and the context in which a packet meets rules.
 *
 * Mirrors the kernel's NF_INET hooks (include/uapi/linux/netfilter.h, Linux 6.x) as far as Services see them.
 */

/** The five hooks, which both families have. */
export const Hook = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;

/** One of the hooks. */
export type Hook = (typeof Hook)[keyof typeof Hook];

/** What becomes of a packet. */
export const Verdict = {
  /** Goes on (a matching ACCEPT, or the end of a chain whose policy is ACCEPT). */
  accept: 0,
  /** Vanishes without a word. */
  drop: 1,
  /** Vanishes and its sender is told: ICMP port unreachable, which a TCP client sees as "connection refused". */
  reject: 2,
  /** Goes back to the sender as a TCP reset (a socket answered that nobody listens). */
  reset: 3,
} as const;

/** One of the verdicts. */
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** Connection states as bits, for `--ctstate`; DNAT is conntrack's status bit that rules can match too. */
export const CtState = { invalid: 1, new: 2, established: 4, related: 8, dnat: 16, snat: 32 } as const;

/** What the rules of one node may ask about the node, and what they decide besides the verdict. */
export interface RuleContext {
  /** Connection state of the packet at hand, bits of `CtState`. */
  state: number;
  /** Whether the packet came in from a pod of this node (for bridge and interface matches). */
  fromPod: boolean;
  /** Set by DNAT and REDIRECT: new destination address and port; `dnatAddress` is 0 when none was chosen. */
  dnatAddress: number;
  dnatPort: number;
  /** Set by MASQUERADE: 1 for keeping the port where free, 2 for `--random-fully`; 0 for none. */
  masquerade: number;
  /** Primary address of the device that the packet came in by, in its family; for the node's own packets that of loopback. */
  inAddress: number;
  /** Simulated time in nanoseconds, for rules that remember (`recent`, dynamic sets). */
  now(): number;
  /** Whether an address is one of the node's own (addrtype LOCAL). */
  isLocal(address: number): boolean;
  /** A uniform 32-bit draw for one run of `statistic` rules. */
  draw(): number;
}

/** A context before any packet: nothing known and nothing decided, at time 0, where no address is local and every draw is 0. */
export function newRuleContext(): RuleContext {
  return {
    state: 0,
    fromPod: false,
    dnatAddress: 0,
    dnatPort: 0,
    masquerade: 0,
    inAddress: 0,
    now: () => 0,
    isLocal: () => false,
    draw: () => 0,
  };
}
