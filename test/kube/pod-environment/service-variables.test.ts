/** Environment variables of Services: which Services, which variables, in which order. */
import { describe, expect, test } from 'vitest';
import {
  linkedService,
  SERVICE_DEFAULTS,
  serviceEnvironment,
  variablesOf,
  type LinkedService,
} from '../../../src/kube/index.js';
import { parseIp, Protocol } from '../../../src/net/index.js';

function service(namespace: string, name: string, clusterIp: string, ...ports: LinkedService['ports']): LinkedService {
  return { namespace, name, clusterIp, ports: ports.length > 0 ? ports : [{ name: '', port: 443, protocol: 'TCP' }] };
}

const MASTER = service('default', 'kubernetes', '10.0.0.1');
const SHOP = { namespace: 'shop', enableServiceLinks: true };

/** Hosts by Service. */
function hosts(services: readonly LinkedService[], pod: typeof SHOP): Record<string, string> {
  const all = serviceEnvironment(services, pod).filter(({ name }) => name.endsWith('_SERVICE_HOST'));
  return Object.fromEntries(all.map(({ name, value }) => [name.replace('_SERVICE_HOST', ''), value]));
}

describe('variables', () => {
  test('of a Service with named and unnamed ports: three, one for each name, four for each port', () => {
    const own = service(
      ...(['shop', 'my-app', 'fd00::5'] as const),
      { name: 'web-ui', port: 80, protocol: '' },
      { name: '', port: 53, protocol: 'UDP' },
    );
    expect(variablesOf([own]).map(({ name, value }) => `${name}=${value}`)).toEqual([
      ...['MY_APP_SERVICE_HOST=fd00::5', 'MY_APP_SERVICE_PORT=80', 'MY_APP_SERVICE_PORT_WEB_UI=80'],
      'MY_APP_PORT=tcp://[fd00::5]:80',
      ...['MY_APP_PORT_80_TCP=tcp://[fd00::5]:80', 'MY_APP_PORT_80_TCP_PROTO=tcp'],
      ...['MY_APP_PORT_80_TCP_PORT=80', 'MY_APP_PORT_80_TCP_ADDR=fd00::5'],
      ...['MY_APP_PORT_53_UDP=udp://[fd00::5]:53', 'MY_APP_PORT_53_UDP_PROTO=udp'],
      ...['MY_APP_PORT_53_UDP_PORT=53', 'MY_APP_PORT_53_UDP_ADDR=fd00::5'],
    ]);
  });

  test('are those of the own namespace and of the API server', () => {
    const services = [
      MASTER,
      service('shop', 'a', '10.0.0.2'),
      service('other', 'b', '10.0.0.3'),
      service('default', 'c', '10.0.0.4'),
    ];
    expect(hosts(services, SHOP)).toEqual({ KUBERNETES: '10.0.0.1', A: '10.0.0.2' });
    expect(hosts(services, { ...SHOP, enableServiceLinks: false })).toEqual({ KUBERNETES: '10.0.0.1' });
    expect(hosts(services, { namespace: 'default', enableServiceLinks: true })).toEqual({
      ...{ KUBERNETES: '10.0.0.1', C: '10.0.0.4' },
    });
  });

  test('of the own namespace win over the API server’s, whichever comes first', () => {
    const own = service('shop', 'kubernetes', '10.0.0.9');
    expect(hosts([MASTER, own], SHOP)).toEqual({ KUBERNETES: '10.0.0.9' });
    expect(hosts([own, MASTER], SHOP)).toEqual({ KUBERNETES: '10.0.0.9' });
    expect(hosts([own, MASTER], { ...SHOP, enableServiceLinks: false })).toEqual({ KUBERNETES: '10.0.0.1' });
  });

  test('need an address', () => {
    expect(hosts([service('shop', 'a', 'None'), service('shop', 'b', '')], SHOP)).toEqual({});
  });

  test('of a Service of the store', () => {
    const clusterIp = parseIp('10.0.0.7') ?? 0;
    const ports = [{ name: 'p', protocol: Protocol.sctp, port: 1, targetPort: 1, nodePort: 0 }];
    const metadata = { namespace: 'shop', name: 's', labels: {} };
    const own = {
      ...SERVICE_DEFAULTS,
      metadata,
      type: 'ClusterIP',
      clusterIp,
      headless: false,
      selector: null,
      ports,
    } as const;
    expect(variablesOf([linkedService(own)]).find(({ name }) => name === 'S_PORT')?.value).toBe('sctp://10.0.0.7:1');
    expect(variablesOf([linkedService({ ...own, clusterIp: 0 })])).toEqual([]);
  });
});
