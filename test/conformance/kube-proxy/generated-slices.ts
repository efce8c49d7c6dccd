/** EndpointSlices made by the rules of a case (`generate`). */
import { knownFields, listOf, numberOf, textOf, type Fields } from './fields.js';

/** Manifests of all slices that a case has made. */
export function generatedSlices(rules: unknown): unknown[] {
  return listOf(rules, 'generate').flatMap((rule) =>
    slicesOf(knownFields(rule, ['slices', 'endpoints', 'addressPattern', 'port', 'maxEndpointsPerSlice'], 'generate')),
  );
}

function slicesOf(rule: Fields): unknown[] {
  const [namespace = '', service = ''] = textOf(rule['slices'], 'generate.slices').split('/');
  const count = numberOf(rule['endpoints'], 'generate.endpoints');
  const pattern = textOf(rule['addressPattern'], 'generate.addressPattern');
  const most = numberOf(rule['maxEndpointsPerSlice'] ?? 100, 'generate.maxEndpointsPerSlice');
  const addresses = Array.from({ length: count }, (_, i) => filled(pattern, i));
  return Array.from({ length: Math.ceil(count / most) }, (_, n) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name: `${service}-${n}`, labels: { 'kubernetes.io/service-name': service } },
    addressType: pattern.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: addresses.slice(n * most, (n + 1) * most).map((address) => ({ addresses: [address] })),
    ports: [rule['port']],
  }));
}

/** A pattern such as `10.0.{i % 256}.{i // 256}` for one `i`. */
export function filled(pattern: string, i: number): string {
  return pattern.replace(/\{([^}]*)\}/g, (_, text: string) => String(new Expression(text, i).value()));
}

/** An expression of `i`, whole numbers, `+ - * // %` and parentheses, with the usual precedence. */
class Expression {
  private readonly tokens: readonly string[];
  private readonly text: string;
  private readonly i: number;
  private at = 0;

  constructor(text: string, i: number) {
    this.text = text;
    this.i = i;
    this.tokens = text.match(/\d+|\/\/|[a-z]+|\S/g) ?? [];
  }

  value(): number {
    const value = this.sum();
    if (this.at < this.tokens.length) this.refuse();
    return value;
  }

  private sum(): number {
    let value = this.product();
    for (let sign = this.take('+', '-'); sign !== undefined; sign = this.take('+', '-')) {
      value += sign === '+' ? this.product() : -this.product();
    }
    return value;
  }

  private product(): number {
    let value = this.factor();
    for (let sign = this.take('*', '//', '%'); sign !== undefined; sign = this.take('*', '//', '%')) {
      const other = this.factor();
      value = sign === '*' ? value * other : sign === '%' ? value % other : Math.floor(value / other);
    }
    return value;
  }

  private factor(): number {
    const token = this.tokens[this.at++] ?? '';
    if (token === 'i') return this.i;
    if (/^\d+$/.test(token)) return Number(token);
    if (token !== '(') return this.refuse();
    const value = this.sum();
    return this.take(')') === undefined ? this.refuse() : value;
  }

  private take(...wanted: readonly string[]): string | undefined {
    const token = this.tokens[this.at];
    if (token === undefined || !wanted.includes(token)) return undefined;
    this.at++;
    return token;
  }

  private refuse(): never {
    throw new Error(`no expression of i: {${this.text}}`);
  }
}
