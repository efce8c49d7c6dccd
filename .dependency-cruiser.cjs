// The import table of the house: which room may import which, through which door. Types count.
// docs/ARCHITECTURE.md draws the map; docs/decisions/0008 says where this table differs from the first plan.

/** Each room, with the rooms that it may import. Rooms of one level are not in each other's lists. */
const TABLE = {
  sim: [],
  net: ['sim'],
  measure: ['sim'],
  kernel: ['net', 'sim'],
  kube: ['net', 'sim'],
  proxy: ['kernel', 'kube', 'net', 'sim'],
  workload: ['kube', 'net', 'sim'],
  // Of proxy, workload, kernel and kube only what SCENARIO_DOORS names; of measure the list of metrics, for the gate.
  scenario: ['proxy', 'workload', 'kernel', 'kube', 'net', 'measure', 'sim'],
  testbed: ['scenario', 'proxy', 'workload', 'kube', 'kernel', 'net', 'measure', 'sim'],
  harness: ['testbed', 'scenario', 'measure', 'sim'],
  report: ['measure', 'sim'],
  executor: ['harness', 'testbed', 'scenario', 'measure', 'sim'],
  // Of testbed the laboratories: rules, traces and differences are looked at, not run.
  cli: ['executor', 'harness', 'report', 'testbed', 'scenario', 'measure', 'sim'],
};

/** What scenario may see of the rooms whose names and options it checks: lists, option schemas, plain records. */
const SCENARIO_DOORS = [
  '^src/proxy/modes/index[.]ts$',
  '^src/workload/index[.]ts$',
  '^src/kernel/ipvs/schedulers/index[.]ts$',
  '^src/kernel/(cost|work)[.]ts$',
  '^src/kube/api[.]ts$',
  '^src/kube/dns/dns-service[.]ts$',
  '^src/kube/ingress/(taken-ingresses|proxy-protocol)[.]ts$',
  // What the API server says to an object, and what it makes of Endpoints: functions of the objects alone.
  '^src/kube/validation/(review|field-error)[.]ts$',
  '^src/kube/allocation/written-node-ports[.]ts$',
  '^src/kube/controllers/(mirroring|slice-labels|topology-hints|controller-pace|readiness-probes)[.]ts$',
  '^src/kube/watch-fanout[.]ts$',
  // Names that workloads give their Pods.
  '^src/kube/set-pod[.]ts$',
];

/** Doors of a room besides its index: lists and contract files. `$1` is the importing room. */
const DOORS = [
  '^src/[^/]+/index[.]ts$',
  '^src/kernel/(work|hook|cost)[.]ts$',
  '^src/kernel/ipvs/schedulers/index[.]ts$',
  '^src/proxy/modes/index[.]ts$',
  '^src/scenario/case[.]ts$',
  '^src/kube/api[.]ts$',
  '^src/measure/result[.]ts$',
];

/** Packages, with the one room or the rooms that may import them. */
const PACKAGES = {
  'fast-priority-queue': ['sim'],
  seedrandom: ['sim'],
  'hdr-histogram-js': ['cli'],
  'simple-statistics': ['measure'],
  'ipaddr[.]js': ['net', 'scenario'],
  yaml: ['scenario', 'cli'],
  zod: ['scenario', 'harness', 'report', 'cli'],
  papaparse: ['report'],
  piscina: ['executor'],
  yargs: ['cli'],
  'cli-table3': ['report', 'cli'],
  'cli-progress': ['cli'],
};

const outside = (rooms) => `^src/(?!(${rooms.join('|')})/)`;

const roomRules = Object.entries(TABLE).map(([room, allowed]) => ({
  name: `room-${room}`,
  severity: 'error',
  comment: allowed.length === 0 ? `${room} imports no other room` : `${room} may import ${allowed.join(', ')} only`,
  from: { path: `^src/${room}/` },
  to: { path: outside([room, ...allowed]) },
}));

const packageRules = Object.entries(PACKAGES).map(([name, rooms]) => ({
  name: `package-${name.replace('[.]', '.')}`,
  severity: 'error',
  comment: `only ${rooms.join(', ')} may import this package; others use what the room makes of it`,
  from: { path: outside(rooms) },
  to: { path: `(^|/)node_modules/${name}/` },
}));

module.exports = {
  forbidden: [
    ...roomRules,
    ...packageRules,
    {
      name: 'known-room',
      severity: 'error',
      comment: 'every file of src belongs to a room of the table',
      from: { path: outside(Object.keys(TABLE)) },
      to: {},
    },
    {
      name: 'front-door',
      severity: 'error',
      comment: 'enter another room through its index.ts, or a list or contract file named in DOORS',
      from: { path: '^src/([^/]+)/', pathNot: '^src/(proxy|scenario)/' },
      to: { path: '^src/', pathNot: ['^src/$1/', ...DOORS] },
    },
    {
      name: 'front-door-proxy',
      severity: 'error',
      comment:
        'proxy enters other rooms as all do, and may see the tables of iptables, ipvs, nftables and relays, which it writes',
      from: { path: '^src/proxy/' },
      to: {
        path: '^src/',
        pathNot: ['^src/proxy/', ...DOORS, '^src/kernel/(iptables|ipvs|nftables|relay)/[^/]+[.]ts$'],
      },
    },
    {
      name: 'front-door-scenario',
      severity: 'error',
      comment: 'scenario sees names, option schemas and plain records of the rooms below, never what they do',
      from: { path: '^src/scenario/' },
      to: { path: '^src/', pathNot: ['^src/scenario/', '^src/(sim|net|measure)/index[.]ts$', ...SCENARIO_DOORS] },
    },
    {
      name: 'sibling-mode',
      severity: 'error',
      comment: 'a proxy mode does not import another; what two share stands in src/proxy',
      from: { path: '^src/proxy/modes/([^/]+)/' },
      to: { path: '^src/proxy/modes/', pathNot: '^src/proxy/modes/$1/' },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'two files that need each other, even for a type, are one file or lack a third',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-node-below-executor',
      severity: 'error',
      comment: 'the core runs in a browser as it stands: only the executor and the cli touch Node',
      from: { path: outside(['executor', 'cli']) },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-orphan',
      severity: 'error',
      comment: 'a file that imports nothing and that nobody imports',
      from: { orphan: true, path: '^src/' },
      to: {},
    },
    {
      name: 'reachable',
      severity: 'error',
      comment: 'nothing that runs leads to this file: connect it or delete it',
      from: { path: '^src/(cli/main|executor/[^/]*worker)[.]ts$' },
      to: { path: '^src/', pathNot: '^src/(cli/main|executor/[^/]*worker)[.]ts$', reachable: false },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      comment: 'the import leads nowhere',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-undeclared-package',
      severity: 'error',
      comment: 'a package that package.json does not name may vanish or change with any update',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-development-package',
      severity: 'error',
      comment:
        'what runs at a user’s needs a package of "dependencies"; types alone may come from development packages',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'no-test-in-src',
      severity: 'error',
      comment: 'the product does not import tests or benchmarks',
      from: { path: '^src/' },
      to: { path: '^(test|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
