/** Random clusters of IPv6: what the simulator says of their flows is what a kernel does with real packets. */
import { tryRandomClusters } from './random-clusters.js';

tryRandomClusters(6);
