/**
 * Feature gates that change what the API server accepts.
 *
 * Those of Kubernetes 1.34 are on, and RelaxedServiceNameValidation besides (KEP-5311: alpha in 1.34, stable in 1.37), so that what
 * newer servers take is not refused here.
 */

/** Gates, each with what it does. */
export const FEATURE_GATES = {
  /** New IPv4 addresses with leading zeros, IPv4-mapped IPv6 addresses and prefixes with host bits are refused (KEP-4858). */
  StrictIPCIDRValidation: false,
  /** Names of Services may begin with a digit (KEP-5311). */
  RelaxedServiceNameValidation: true,
  /** trafficDistribution PreferSameZone and PreferSameNode (KEP-3015). */
  PreferSameTrafficDistribution: true,
} as const;

/** The name of a gate. */
export type FeatureGate = keyof typeof FEATURE_GATES;

/** Gates that are on. */
export type FeatureGates = ReadonlySet<FeatureGate>;

/** What is on where nothing is said. */
export const DEFAULT_GATES: FeatureGates = new Set(
  (Object.keys(FEATURE_GATES) as FeatureGate[]).filter((gate) => FEATURE_GATES[gate]),
);
