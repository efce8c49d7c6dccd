/** What a packet is to the measurers: values of the packet column `first`. */

/** Neither; the first packet of a flow; a later one in the client's direction. A SYN that is sent again is neither. */
export const FromClient = { no: 0, first: 1, later: 2 } as const;
