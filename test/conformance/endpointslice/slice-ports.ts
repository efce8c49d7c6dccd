/** Ports of slices as cases write them. */
import type { EndpointPort } from '../../../src/kube/index.js';
import { Protocol } from '../../../src/net/index.js';
import { knownFields, listOf, numberOf, textOf } from '../kube-proxy/fields.js';

const PROTOCOLS: Readonly<Record<string, number>> = { TCP: Protocol.tcp, UDP: Protocol.udp, SCTP: Protocol.sctp };

/** A list of ports; null is an empty one. */
export function portsOf(value: unknown, where: string): readonly EndpointPort[] {
  return listOf(value, `${where} ports`).map((own) => {
    const fields = knownFields(own, ['name', 'port', 'protocol', 'appProtocol'], `${where} port`);
    const protocol = PROTOCOLS[textOf(fields['protocol'] ?? 'TCP', `${where} protocol`)];
    if (protocol === undefined) throw new Error(`${where}: unknown protocol`);
    const port = {
      name: textOf(fields['name'] ?? '', `${where} port name`),
      protocol,
      port: numberOf(fields['port'], `${where} port`),
    };
    const { appProtocol } = fields;
    if (appProtocol === undefined || appProtocol === null) return port;
    return { ...port, appProtocol: textOf(appProtocol, `${where} appProtocol`) };
  });
}

/** Protocol names by number. */
export function protocolName(protocol: number): string {
  const found = Object.entries(PROTOCOLS).find(([, number]) => number === protocol);
  if (found === undefined) throw new Error(`no protocol ${protocol}`);
  return found[0];
}
