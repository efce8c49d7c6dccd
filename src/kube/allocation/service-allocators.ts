/**
 * The API server's allocators of Services: cluster addresses of each family and node ports (pkg/registry/core/service storage/alloc.go,
 * v1.31 to v1.34), on Services as the API writes them.
 *
 * A request fails with the first value that cannot be had, and takes nothing then. Numbers come from the bands of `ipam.ts`. With policy
 * RequireDualStack and the like the families are filled in first. Left out: several service CIDRs of one family (KEP-1880).
 */
import { familyOf, formatIp, ipv6Of, isIpv6, type IpAddress } from '../../net/index.js';
import type { Cidr } from '../address-range.js';
import { clusterIpAllocator, NODE_PORTS, nodePortAllocator } from '../ipam.js';
import type { AddressAllocator, BandAllocator, NodePortRange } from '../ipam.js';
import { DEFAULT_GATES, type FeatureGates } from '../validation/feature-gates.js';
import { internalError, invalid, type FieldError } from '../validation/field-error.js';
import { readIp } from '../validation/ip-values.js';
import type { ServiceObject, ServiceSpecObject } from '../validation/object-shapes.js';
import { NO_ADDRESS, needsHealthCheck, specOf } from '../validation/service-kind.js';
import { isUnchangedPreference, withFamilies, type FamilyName, type SpecOrErrors } from './init-families.js';
import { nodePortsOf, withChangedNodePorts, withHealthCheck, withNewNodePorts } from './node-ports.js';
import { AllocationTransaction } from './transaction.js';

/** What came of a request. */
export interface Allocation {
  /** The Service with what it was given; as it was when there are errors. */
  readonly service: ServiceObject;
  readonly errors: readonly FieldError[];
  /** How many addresses and node ports the request took. */
  readonly taken: { readonly clusterIps: number; readonly nodePorts: number };
}

/** Where the allocators take from. */
export interface AllocatorSetup {
  /** Service CIDRs, the primary family's first; at most one a family. */
  readonly serviceCidrs: readonly Cidr[];
  readonly nodePorts?: NodePortRange;
  readonly gates?: FeatureGates;
}

/** What must be right of a Service that has got everything. */
export type ServiceCheck = (service: ServiceObject) => readonly FieldError[];

const IPS = ['spec', 'clusterIPs'];

const nothingElse: ServiceCheck = () => [];

/** The allocators of one cluster. */
export class ServiceAllocators {
  private readonly addresses: ReadonlyMap<string, AddressAllocator>;
  private readonly families: readonly FamilyName[];
  private readonly nodePorts: BandAllocator;
  private readonly nodePortRange: NodePortRange;
  private readonly gates: FeatureGates;

  constructor({ serviceCidrs, nodePorts = NODE_PORTS, gates = DEFAULT_GATES }: AllocatorSetup) {
    this.families = serviceCidrs.map(({ address }) => (isIpv6(address) ? 'IPv6' : 'IPv4'));
    this.addresses = new Map(serviceCidrs.map((cidr, i) => [this.families[i] ?? '', clusterIpAllocator(cidr)]));
    this.nodePortRange = nodePorts;
    this.nodePorts = nodePortAllocator(nodePorts);
    this.gates = gates;
  }

  /** Notes that somebody has an address. @returns false when it is taken already */
  occupyAddress(address: IpAddress): boolean {
    return this.addresses.get(`IPv${familyOf(address)}`)?.take(address) ?? false;
  }

  /** Notes that somebody has a node port. @returns false when it is taken already */
  occupyNodePort(port: number): boolean {
    return this.nodePorts.take(port);
  }

  /**
   * Allocates for a new Service with defaults.
   * @param check what else must be right; else nothing is taken
   */
  create(service: ServiceObject, check: ServiceCheck = nothingElse): Allocation {
    return this.request(service, check, (transaction) => {
      return inTurn(specOf(service), [
        (spec) => withFamilies(spec, undefined, this.families, this.gates),
        (spec) => this.withAddresses(spec, transaction),
        (spec) => withNewNodePorts(spec, transaction),
        (spec) => withHealthCheck(spec, undefined, transaction),
      ]);
    });
  }

  /**
   * Allocates for a changed Service with defaults, and gives back what it no longer has.
   * @param check what else must be right; else nothing is taken and nothing given back
   */
  update(service: ServiceObject, { spec: before = {} }: ServiceObject, check: ServiceCheck = nothingElse): Allocation {
    return this.request(service, check, (transaction) => {
      return inTurn(specOf(service), [
        (spec) => withFamilies(spec, before, this.families, this.gates),
        (spec) => this.withChangedAddresses(spec, before, transaction),
        (spec) => withChangedNodePorts(spec, before, transaction),
        (spec) => withHealthCheck(spec, before, transaction),
      ]);
    });
  }

  /** Gives back what a deleted Service had. */
  release(service: ServiceObject): void {
    const spec = specOf(service);
    for (const { from, address } of this.addressesOf(spec)) from.release(address);
    for (const port of nodePortsOf(spec)) this.nodePorts.release(port);
    if (needsHealthCheck(spec)) this.nodePorts.release(spec.healthCheckNodePort ?? 0);
  }

  private request(
    service: ServiceObject,
    check: ServiceCheck,
    step: (transaction: AllocationTransaction) => SpecOrErrors,
  ): Allocation {
    const transaction = new AllocationTransaction(this.nodePorts, this.nodePortRange);
    const { spec, errors: refused } = step(transaction);
    const complete = { ...service, spec };
    const errors = refused.length > 0 ? refused : check(complete);
    if (errors.length > 0) {
      transaction.revert();
      return { service, errors, taken: { clusterIps: 0, nodePorts: 0 } };
    }
    transaction.commit();
    return { service: complete, errors, taken: transaction.taken };
  }

  /** Every family gets the address that is written, else the next one. */
  private withAddresses(spec: ServiceSpecObject, transaction: AllocationTransaction, from = 0): SpecOrErrors {
    const { type, clusterIPs = [], ipFamilies = [] } = spec;
    if (type === 'ExternalName' || clusterIPs[0] === NO_ADDRESS) return { spec, errors: [] };
    const given = [...clusterIPs];
    for (const [i, family] of ipFamilies.entries()) {
      const allocator = this.addresses.get(family);
      if (i < from || allocator === undefined) continue;
      const written = clusterIPs[i] ?? '';
      const { text, errors } = oneAddress(allocator, written, clusterIPs, transaction);
      if (errors.length > 0) return { spec, errors };
      given[i] = text;
    }
    return { spec: { ...spec, clusterIP: given[0], clusterIPs: given }, errors: [] };
  }

  private withChangedAddresses(
    spec: ServiceSpecObject,
    before: ServiceSpecObject,
    transaction: AllocationTransaction,
  ): SpecOrErrors {
    if (isUnchangedPreference(spec, before)) return { spec, errors: [] };
    const isNamed = spec.type === 'ExternalName';
    if (before.type === 'ExternalName') return isNamed ? { spec, errors: [] } : this.withAddresses(spec, transaction);
    if (before.clusterIPs?.[0] === NO_ADDRESS) return { spec, errors: [] };
    const had = this.addressesOf(before);
    const [now, then] = [spec.ipFamilies?.length ?? 0, before.ipFamilies?.length ?? 0];
    if (isNamed) for (const { from, address } of had) transaction.releaseAddress(from, address);
    else if (then === 1 && now === 2) return this.withAddresses(spec, transaction, 1);
    else if (then === 2 && now === 1)
      for (const { from, address } of had.slice(1)) transaction.releaseAddress(from, address);
    return { spec, errors: [] };
  }

  private addressesOf(spec: ServiceSpecObject): { readonly from: AddressAllocator; readonly address: IpAddress }[] {
    return (spec.clusterIPs ?? []).flatMap((text) => {
      const address = addressOf(text);
      const from = address === undefined ? undefined : this.addresses.get(`IPv${familyOf(address)}`);
      return address === undefined || from === undefined ? [] : [{ from, address }];
    });
  }
}

/** Takes one address, the next one where none is written. */
function oneAddress(
  allocator: AddressAllocator,
  written: string,
  all: readonly string[],
  transaction: AllocationTransaction,
): { readonly text: string; readonly errors: readonly FieldError[] } {
  if (written === '') {
    const next = transaction.nextAddress(allocator);
    if (next !== undefined) return { text: formatIp(next), errors: [] };
    return { text: '', errors: [internalError(IPS, 'failed to allocate a serviceIP: range is full')] };
  }
  const address = addressOf(written);
  const refusal =
    address === undefined ? 'not in the valid range' : transaction.takeAddress(allocator, address, written);
  if (refusal === undefined) return { text: written, errors: [] };
  return { text: written, errors: [invalid(IPS, all, `failed to allocate IP ${written}: ${refusal}`)] };
}

/** The address as a number; undefined for what is none, and for IPv4 addresses of class E, which lie in no service CIDR. */
function addressOf(text: string): IpAddress | undefined {
  const ip = readIp(text);
  if (ip === undefined) return undefined;
  const word = (i: number): number => ip.bytes.slice(4 * i, 4 * i + 4).reduce((sum, byte) => sum * 256 + byte, 0);
  if (ip.family === 6) return ipv6Of(word(0), word(1), word(2), word(3));
  return isIpv6(word(0)) ? undefined : word(0);
}

/** One step after the other, as long as none fails. */
function inTurn(spec: ServiceSpecObject, steps: readonly ((spec: ServiceSpecObject) => SpecOrErrors)[]): SpecOrErrors {
  return steps.reduce<SpecOrErrors>((result, step) => (result.errors.length > 0 ? result : step(result.spec)), {
    spec,
    errors: [],
  });
}
