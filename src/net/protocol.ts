/** Numbers of the IP protocols (IANA) and TCP flag bits (RFC 9293) that packets here carry. */

/** IP protocol numbers. */
export const Protocol = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 } as const;

/** TCP flag bits as they stand in the header. */
export const TcpFlag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

/** Lower-case name of a protocol number, as kube-proxy and iptables write it. */
export function protocolName(protocol: number): string {
  switch (protocol) {
    case Protocol.icmp:
      return 'icmp';
    case Protocol.tcp:
      return 'tcp';
    case Protocol.udp:
      return 'udp';
    case Protocol.icmpv6:
      return 'icmpv6';
    case Protocol.sctp:
      return 'sctp';
    default:
      return String(protocol);
  }
}
