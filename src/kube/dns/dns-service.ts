/** What the Service of a cluster's DNS is called and where it is, as kubeadm has it: for whoever checks or looks for it. */

/** Its namespace and name. */
export const DNS_SERVICE = { namespace: 'kube-system', name: 'kube-dns' } as const;

/** Place of its address in the service range. */
export const DNS_ADDRESS_OFFSET = 10;
