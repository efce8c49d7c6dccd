/** How containers of a cluster find Services, as reports. */
export { reportContainer, type ContainerReport } from './container-report.js';
export {
  reportLookup,
  type LookupOrder,
  type LookupReport,
  type ReportedQuery,
  type ReportedRecord,
} from './lookup-report.js';
export { readOutsideName, type OutsideName } from './outside-world.js';
export { parseResolvConf, type ResolvConf, type ResolverLibrary } from '../../kube/index.js';
