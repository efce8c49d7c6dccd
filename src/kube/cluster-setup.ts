/** What a cluster is built from, and its ranges family by family. */
import type { IpFamily } from '../net/index.js';
import { network, type Cidr } from './address-range.js';
import type { ClusterObjects } from './api.js';
import { ClusterError } from './cluster-error.js';
import type { IngressController } from './ingress/controller-objects.js';
import type { ControllerPace } from './controllers/controller-pace.js';
import type { MadeUpServices } from './made-up.js';

/** What to build. The made-up Services are ignored when there are objects. */
export interface ClusterSetup extends MadeUpServices {
  /** Number of nodes; at least 1. */
  readonly nodes: number;
  /** CPU of nodes that do not say it, for hints by CPU; 0, the default: they say nothing. */
  readonly coresPerNode?: number;
  /** Families of nodes, pods and Services, the primary one first; IPv4 alone when nothing is said. */
  readonly ipFamilies?: readonly IpFamily[];
  readonly podCidr: Cidr;
  readonly nodeSubnetBits: number;
  readonly serviceCidr: Cidr;
  readonly nodeCidr: Cidr;
  /** Pool of the load balancer; without one LoadBalancer Services get no address. */
  readonly loadBalancerCidr?: Cidr;
  /** The same ranges for IPv6; needed in clusters of that family. */
  readonly podCidr6?: Cidr;
  readonly nodeSubnetBits6?: number;
  readonly serviceCidr6?: Cidr;
  readonly nodeCidr6?: Cidr;
  readonly loadBalancerCidr6?: Cidr;
  /** Zones, over which nodes are dealt out in turn; 0, the default, for none. */
  readonly zones?: number;
  /** External addresses of each made-up Service, in each of its families; 0 when nothing is said. */
  readonly externalIps?: number;
  readonly maxEndpointsPerSlice: number;
  /**
   * Whether Endpoints are written beside slices, and with how many addresses at most; not when nothing is said, since no proxy that is
   * simulated reads them.
   */
  readonly endpointsObjects?: { readonly capacity: number };
  /** Batching, lag and limits of the controllers; none when nothing is said. */
  readonly pace?: ControllerPace;
  readonly objects: ClusterObjects | null;
  /** A DNS server in pods behind the Service kube-system/kube-dns, unless the objects have one; none when nothing is said. */
  readonly dns?: { readonly replicas: number };
  /**
   * A controller of Ingresses behind the Service ingress-nginx/ingress-nginx-controller, unless the objects have one, and an Ingress for
   * made-up Services; none when nothing is said.
   */
  readonly ingress?: IngressController;
  /**
   * Whether given nodes and pods keep their addresses and places whatever the ranges say: a cluster to look at, in which not everything
   * can be reached. `placed`: nodes, and pods whose node is known. False when nothing is said.
   */
  readonly keepAddresses?: boolean | 'placed';
}

/** Ranges of one family. */
export interface FamilyRanges {
  readonly family: IpFamily;
  readonly podCidr: Cidr;
  readonly nodeSubnetBits: number;
  readonly serviceCidr: Cidr;
  readonly nodeCidr: Cidr;
  /** null without a pool. */
  readonly loadBalancerCidr: Cidr | null;
}

/**
 * The ranges of the cluster's families, the primary one first.
 * @throws ClusterError when ranges of a family are missing
 */
export function rangesOf(setup: ClusterSetup): readonly FamilyRanges[] {
  const { ipFamilies = [4], loadBalancerCidr: pool, loadBalancerCidr6: pool6 } = setup;
  return ipFamilies.map((family) => {
    if (family === 4) {
      return {
        family,
        podCidr: network(setup.podCidr),
        nodeSubnetBits: setup.nodeSubnetBits,
        serviceCidr: network(setup.serviceCidr),
        nodeCidr: network(setup.nodeCidr),
        loadBalancerCidr: pool === undefined ? null : network(pool),
      };
    }
    const { podCidr6, nodeSubnetBits6, serviceCidr6, nodeCidr6 } = setup;
    if (!podCidr6 || !nodeSubnetBits6 || !serviceCidr6 || !nodeCidr6) {
      throw new ClusterError('an IPv6 cluster needs IPv6 ranges for pods, Services and nodes');
    }
    return {
      family,
      podCidr: network(podCidr6),
      nodeSubnetBits: nodeSubnetBits6,
      serviceCidr: network(serviceCidr6),
      nodeCidr: network(nodeCidr6),
      loadBalancerCidr: pool6 === undefined ? null : network(pool6),
    };
  });
}
