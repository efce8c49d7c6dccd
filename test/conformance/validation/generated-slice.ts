/** EndpointSlices that cases describe by their size. */
import { knownFields, numberOf, textOf, type Fields } from '../kube-proxy/fields.js';

/** The slice with that many endpoints and addresses, all different. */
export function generatedSlice(value: unknown): Fields {
  const { addressType, endpoints, addressesPerEndpoint } = knownFields(
    value,
    ['addressType', 'endpoints', 'addressesPerEndpoint'],
    'generate',
  );
  const type = textOf(addressType, 'generate.addressType');
  const each = numberOf(addressesPerEndpoint, 'generate.addressesPerEndpoint');
  const address = (number: number): string => {
    const [high, low] = [Math.floor(number / 250), number % 250];
    if (type === 'FQDN') return `h${number}.example.com`;
    return type === 'IPv6' ? `fd00::${high}:${low + 1}` : `10.${Math.floor(high / 250)}.${high % 250}.${low + 1}`;
  };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'generated', namespace: 'default' },
    addressType: type,
    endpoints: Array.from({ length: numberOf(endpoints, 'generate.endpoints') }, (_, i) => ({
      addresses: Array.from({ length: each }, (_own, j) => address(i * each + j)),
    })),
    ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
  };
}
