/** `portacl/hns`: a Host Networking Service in memory, for tests of controllers. */
export { FakeHns, type FakeHnsOptions } from './hns/fake-hns.js';
export type { HnsObject } from './hns/hns-object.js';
export type { NamespaceRequest, PolicyRequest } from './hns/modify-requests.js';
export { HNS_CODE, HnsError } from './hns/hns-error.js';
export { serveHns, type HnsServer } from './hns/server.js';
