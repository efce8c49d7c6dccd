/**
 * Sets as text that `ipset restore` takes: one `create` line a set, one `add` line an entry, as kube-proxy's ipvs mode calls the tool
 * (pkg/proxy/ipvs/ipset, 1.30): `create KUBE-CLUSTER-IP hash:ip,port family inet hashsize 1024 maxelem 65536 -exist`,
 * `add KUBE-CLUSTER-IP 10.96.0.1,tcp:443 -exist`.
 */
import { addressBits, familyOf, formatIp, protocolName } from '../net/index.js';
import type { IpSet, IpSetEntry } from './ipset.js';

/** The line that makes a set; nothing happens where it is there. */
export function ipsetCreateLine(set: IpSet): string {
  if (set.type === 'bitmap:port') return `create ${set.name} ${set.type} range 0-65535 -exist`;
  return `create ${set.name} ${set.type} family ${set.family === 4 ? 'inet' : 'inet6'} hashsize 1024 maxelem 65536 -exist`;
}

/** The line that adds an entry; nothing happens where it is there. */
export function ipsetAddLine(set: IpSet, entry: IpSetEntry): string {
  return `add ${set.name} ${ipsetEntryText(set, entry)} -exist`;
}

/** The line that deletes an entry. */
export function ipsetDeleteLine(set: IpSet, entry: IpSetEntry): string {
  return `del ${set.name} ${ipsetEntryText(set, entry)}`;
}

/** A whole set, line by line. */
export function* ipsetLines(set: IpSet): Generator<string, void, undefined> {
  yield ipsetCreateLine(set);
  for (const entry of set.entries()) yield ipsetAddLine(set, entry);
}

/** An entry as the tool writes it: `10.0.0.1,tcp:80,10.0.0.2`. */
export function ipsetEntryText(set: IpSet, { address, protocol, port, second, bits }: IpSetEntry): string {
  if (set.type === 'bitmap:port') return String(port);
  const service = set.type === 'hash:ip' ? [] : [`${protocolName(protocol)}:${port}`];
  const last =
    set.type === 'hash:ip,port,ip'
      ? [formatIp(second)]
      : set.type === 'hash:ip,port,net'
        ? [netText(second, bits)]
        : [];
  return [formatIp(address), ...service, ...last].join(',');
}

function netText(address: number, bits: number): string {
  return bits === addressBits(familyOf(address)) ? formatIp(address) : `${formatIp(address)}/${bits}`;
}
