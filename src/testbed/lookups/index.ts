/** Lookups of names as packets, in the pods and nodes of a run. */
export { DNS_KEY, NameLookups, type NamedTraffic } from './name-lookups.js';
