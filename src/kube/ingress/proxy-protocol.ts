/**
 * Sizes of PROXY protocol headers, which tell the client's address to whoever is behind a proxy (haproxy, doc/proxy-protocol.txt,
 * revision of 2020-03-05, sections 2.1 and 2.2). The header is the first thing on the connection, once.
 */
import { familyOf, formatIp, type IpAddress } from '../../net/index.js';

/** Longest header of version 1, with its CR LF: a receiver needs no more room (section 2.1). */
export const PROXY_V1_MOST_BYTES = 107;

/** Fixed part of a version 2 header: signature, version and command, family and transport, length. */
export const PROXY_V2_FIXED_BYTES = 16;

/** Two IPv4 addresses and two ports. */
export const PROXY_V2_IPV4_BYTES = PROXY_V2_FIXED_BYTES + 12;

/** Two IPv6 addresses and two ports. */
export const PROXY_V2_IPV6_BYTES = PROXY_V2_FIXED_BYTES + 36;

/** A connection's ends as a header tells them. */
export interface ProxiedConnection {
  readonly source: IpAddress;
  readonly sourcePort: number;
  readonly destination: IpAddress;
  readonly destinationPort: number;
}

/** The header of version 1, a line of text. */
export function proxyV1Header({ source, destination, sourcePort, destinationPort }: ProxiedConnection): string {
  const addresses = `${formatIp(source)} ${formatIp(destination)}`;
  return `PROXY TCP${familyOf(source)} ${addresses} ${sourcePort} ${destinationPort}\r\n`;
}

/**
 * Bytes of a header.
 * @param version 1 is text and as long as its numbers, 2 is binary; without extensions (TLVs)
 */
export function proxyHeaderBytes(version: 1 | 2, connection: ProxiedConnection): number {
  if (version === 1) return proxyV1Header(connection).length;
  return familyOf(connection.source) === 4 ? PROXY_V2_IPV4_BYTES : PROXY_V2_IPV6_BYTES;
}
