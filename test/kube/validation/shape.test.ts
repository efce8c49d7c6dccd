/** Decoding: what fits, what does not, and what null stands for. */
import { describe, expect, test } from 'vitest';
import { errorBody } from '../../../src/kube/validation/field-error.js';
import { SERVICE } from '../../../src/kube/validation/object-shapes.js';
import { decode } from '../../../src/kube/validation/shape.js';

const problems = (value: unknown, strict = false) =>
  decode(SERVICE, value, { strict }).errors.map((error) => `${error.field}: ${errorBody(error)}`);

describe('a Service', () => {
  test('of wrong types says each', () => {
    const spec = {
      ports: [{ port: '80' }, 7],
      selector: { a: 1 },
      type: true,
      clusterIPs: 'x',
      healthCheckNodePort: 1.5,
    };
    expect(problems({ metadata: [], spec })).toEqual([
      'metadata: Invalid value: []: cannot unmarshal array into a field of type object',
      'spec.ports[0].port: Invalid value: "80": cannot unmarshal string into a field of type int32',
      'spec.ports[1]: Invalid value: 7: cannot unmarshal number into a field of type object',
      'spec.selector[a]: Invalid value: 1: cannot unmarshal number into a field of type string',
      'spec.type: Invalid value: true: cannot unmarshal bool into a field of type string',
      'spec.clusterIPs: Invalid value: "x": cannot unmarshal string into a field of type list',
      'spec.healthCheckNodePort: Invalid value: 1.5: cannot unmarshal number into a field of type int32',
    ]);
  });

  test('takes a number or a name for a target port, within 32 bits', () => {
    const spec = (targetPort: unknown) => ({ spec: { ports: [{ port: 80, targetPort }] } });
    expect([80, 'http', 2 ** 31].map((own) => problems(spec(own)).length)).toEqual([0, 0, 1]);
  });

  test('has no field that is null, and empty values where null stands in a list', () => {
    const value = { spec: { type: null, ports: [null], clusterIPs: [null], selector: { a: null } }, status: null };
    const { object, errors } = decode(SERVICE, value, { strict: true });
    expect({ object, errors }).toEqual({
      object: { spec: { ports: [{}], clusterIPs: [''], selector: { a: '' } } },
      errors: [],
    });
  });

  test('with unknown fields is refused only when asked', () => {
    const value = { metadata: { name: 'a', Labels: {} }, spec: { ports: [{ targetport: 80 }], toString: 1 } };
    expect(problems(value)).toEqual([]);
    expect(problems(value, true)).toEqual([
      'metadata.Labels: unknown field',
      'spec.ports[0].targetport: unknown field',
      'spec.toString: unknown field',
    ]);
  });
});
