/** What is dialled, as an address of the world. */
import type { IpAddress } from '../../net/index.js';

/** What is dialled. */
export interface Target {
  readonly address: IpAddress;
  readonly port: number;
  readonly protocol: number;
  /** What that is, such as `default/web:http`. */
  readonly name: string;
}
