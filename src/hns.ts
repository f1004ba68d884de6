/** `portacl/hns`: a Host Networking Service in memory, for tests of controllers. */
export {
  FakeHns,
  type FakeHnsOptions,
  type HnsObject,
  type PolicyRequest,
} from './hns/fake-hns.js';
export { HNS_CODE, HnsError } from './hns/hns-error.js';
export { serveHns, type HnsServer } from './hns/server.js';
