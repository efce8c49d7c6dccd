/** One virtual server with weights of one's own choice, for the tests of schedulers. */
import { definition, Director, SERVER_PORT, serverAddress } from './ipvs-fixture.js';

/** A node whose virtual server has the given servers, added in that order, with the given weights. */
export function director(scheduler: string, weights: readonly number[], flags = 0, node = new Director()): Director {
  node.define([definition([], { scheduler, flags })]);
  weights.forEach((weight, n) => node.service().add(serverAddress(n), SERVER_PORT, weight));
  return node;
}

/** Servers of `count` new connections, from one port after the other. */
export function connections(node: Director, count: number, firstPort = 2000): number[] {
  return Array.from({ length: count }, (_, i) => node.connect(firstPort + i));
}

/** Row of a server that is in the list. */
export function rowOf(node: Director, server: number): number {
  return node.service().find(serverAddress(server), SERVER_PORT);
}

/** Edits a server's weight; its thresholds become 0. */
export function setWeight(node: Director, server: number, weight: number): void {
  node.service().edit(rowOf(node, server), weight);
}

/** Takes a server out of the list. */
export function remove(node: Director, server: number): void {
  node.ipvs.services.removeServer(rowOf(node, server));
}

/** Adds a server, or brings a removed one back. */
export function add(node: Director, server: number, weight = 1): void {
  node.service().add(serverAddress(server), SERVER_PORT, weight);
}
