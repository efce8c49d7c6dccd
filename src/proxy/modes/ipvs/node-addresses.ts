/**
 * On which of a node's addresses node ports stand in ipvs mode: all of its family but loopback (and IPv6 link-local) ones, or those of
 * them in `nodePortAddresses` (pkg/proxy/ipvs netlink_linux.go, proxier.go, v1.30). Addresses of kube-ipvs0 are not the node's here.
 */
import { familyOf, inPrefix, parseIpPrefix, type IpAddress, type IpFamily, type IpPrefix } from '../../../net/index.js';
import type { NodeFacts, ProxyOptions } from '../../proxier.js';

/** The loopback prefix of each family. */
export const LOOPBACK: Readonly<Record<IpFamily, IpPrefix>> = { 4: prefix('127.0.0.0/8'), 6: prefix('::1/128') };
const LINK_LOCAL = prefix('fe80::/10');

/** The addresses that kube-proxy takes for the node's own. */
export function hostAddresses({ localIps }: Pick<NodeFacts, 'localIps'>, family: IpFamily): IpAddress[] {
  const own = localIps.filter(
    (address) => familyOf(address) === family && !isIn(address, LOOPBACK[family]) && !isIn(address, LINK_LOCAL),
  );
  return [...new Set(own)];
}

/** The addresses on which node ports stand. */
export function nodePortAddresses(
  node: Pick<NodeFacts, 'localIps'>,
  family: IpFamily,
  { nodePortAddresses: wanted }: Pick<ProxyOptions, 'nodePortAddresses'>,
): IpAddress[] {
  const own = hostAddresses(node, family);
  if (wanted.length === 0 || wanted.some(({ bits }) => bits === 0)) return own;
  return own.filter((address) => wanted.some((each) => isIn(address, each)));
}

function isIn(address: IpAddress, { address: network, bits }: IpPrefix): boolean {
  return inPrefix(address, network, bits);
}

function prefix(text: string): IpPrefix {
  const parsed = parseIpPrefix(text);
  if (parsed === undefined) throw new Error(`${text} is no prefix`);
  return parsed;
}
