/**
 * The fake service over HTTP, for controllers in other languages. Only this machine reaches it.
 *
 *     POST   /networks /endpoints /namespaces /loadbalancers      create; the object is the body
 *     GET    /networks ...                                         list
 *     GET, DELETE /networks/ID ...
 *     POST   /networks/ID/endpoints                                create an endpoint
 *     POST   /endpoints/ID/modify       {RequestType, Settings: {Policies}}; networks alike
 *     POST   /endpoints/ID/judge        a tuple; the record that decides
 *     POST   /endpoints/ID/explain      a tuple; the same with the reasons (`Explanation`)
 *     POST   /namespaces/ID/modify      {ResourceType: "Endpoint", RequestType, Settings: {EndpointId}}
 *     POST, DELETE /namespaces/ID/endpoints/ID                     the same
 *     GET    /diagnostics                                          warnings on the policies as they are
 *
 * Answers have the form of the service: `{"Success": true, "Output": …}`, or `{"Success": false,
 * "Error": text, "ErrorCode": "0x803b000d"}`. Source: hns.md 4.1 F11. Not the service's is `Diagnostics`,
 * beside them where documents are refused: all that is wrong with them, each with its place.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { argumentError, isInstance, readInteger } from '../arguments.js';
import { PortaclError } from '../errors.js';
import type { Tuple } from '../simulate/tuple.js';
import type { Diagnostic } from '../source/diagnostic.js';
import { FakeHns } from './fake-hns.js';
import { HNS_CODE, HnsError } from './hns-error.js';
import type { HnsObject } from './hns-object.js';
import type { NamespaceRequest, PolicyRequest } from './modify-requests.js';

export interface HnsServer {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 16 << 20;

/**
 * Serves on a port of this machine; 0, the default, is any that is free.
 *
 * @throws {PortaclError} bad-argument; bad-usage for a port that is taken
 */
export async function serveHns(hns: FakeHns, port = 0): Promise<HnsServer> {
  const context = { code: 'bad-argument', of: 'serveHns' } as const;
  readInteger(port, 'the port', { max: 65_535 }, context);
  if (!isInstance(hns, FakeHns)) throw argumentError(context, 'the service', hns, 'a FakeHns');
  const server = createServer((request, response) => {
    void answer(hns, request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body, (_, v: unknown) => (typeof v === 'bigint' ? `${v}` : v)));
    });
  });
  await listening(server, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new PortaclError('bad-usage', `port ${port} cannot be listened on`, { cause: error })),
    );
    server.listen(port, '127.0.0.1', () => resolve());
  });
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function answer(hns: FakeHns, request: IncomingMessage): Promise<Answer> {
  try {
    const body = await bodyOf(request);
    const path = (request.url ?? '/').split('?')[0]!.split('/').slice(1).map(decodeURIComponent);
    return { status: 200, body: { Success: true, Output: route(hns, request.method, path, body) } };
  } catch (error) {
    if (error instanceof HnsError) {
      const status = NOT_FOUND.has(error.hns) ? 404 : 400;
      return { status, body: refusal(error.message, error.hns, error.diagnostics) };
    }
    const isRequest = error instanceof PortaclError || error instanceof URIError;
    // Whatever else it is, it ends this request and not the process.
    const message = error instanceof Error ? error.message : String(error);
    return { status: isRequest ? 400 : 500, body: refusal(message, HNS_CODE.INVALID_JSON) };
  }
}

const NOT_FOUND: ReadonlySet<string> = new Set([
  HNS_CODE.NETWORK_NOT_FOUND,
  HNS_CODE.ENDPOINT_NOT_FOUND,
  HNS_CODE.NOT_FOUND,
]);

const refusal = (
  message: string,
  code: string,
  diagnostics: readonly Diagnostic[] = [],
): object => ({
  Success: false,
  Error: message,
  ErrorCode: code,
  ...(diagnostics.length > 0 && { Diagnostics: diagnostics }),
});

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > BODY_BYTES_MAX) throw new HnsError(HNS_CODE.INVALID_JSON, 'the request is too long');
    parts.push(part);
  }
  const text = Buffer.concat(parts).toString('utf8');
  if (text === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new HnsError(HNS_CODE.INVALID_JSON, 'the request is no JSON');
  }
}

function route(
  hns: FakeHns,
  method: string | undefined,
  [kind, id, part, member]: readonly string[],
  body: unknown,
): unknown {
  const object = body as HnsObject;
  switch (`${method} /${kind}${id ? '/ID' : ''}${part ? `/${part}` : ''}${member ? '/ID' : ''}`) {
    case 'POST /networks':
      return hns.createNetwork(object);
    case 'GET /networks':
      return hns.listNetworks();
    case 'GET /networks/ID':
      return hns.getNetwork(id!);
    case 'DELETE /networks/ID': {
      hns.deleteNetwork(id!);
      return;
    }
    case 'POST /networks/ID/modify':
      return hns.modifyNetwork(id!, body as PolicyRequest);
    case 'POST /networks/ID/endpoints':
      return hns.createEndpoint(id!, object);
    case 'POST /endpoints':
      return hns.createEndpoint(String(object['HostComputeNetwork']), object);
    case 'GET /endpoints':
      return hns.listEndpoints();
    case 'GET /endpoints/ID':
      return hns.getEndpoint(id!);
    case 'DELETE /endpoints/ID': {
      hns.deleteEndpoint(id!);
      return;
    }
    case 'POST /endpoints/ID/modify':
      return hns.modifyEndpoint(id!, body as PolicyRequest);
    case 'POST /endpoints/ID/judge':
      return hns.judge(id!, body as Tuple);
    case 'POST /endpoints/ID/explain':
      return hns.explain(id!, body as Tuple);
    case 'POST /namespaces':
      return hns.createNamespace(object);
    case 'GET /namespaces':
      return hns.listNamespaces();
    case 'GET /namespaces/ID':
      return hns.getNamespace(id!);
    case 'DELETE /namespaces/ID': {
      hns.deleteNamespace(id!);
      return;
    }
    case 'POST /namespaces/ID/modify':
      return hns.modifyNamespace(id!, body as NamespaceRequest);
    case 'POST /namespaces/ID/endpoints/ID':
      return hns.addNamespaceEndpoint(id!, member!);
    case 'DELETE /namespaces/ID/endpoints/ID':
      return hns.removeNamespaceEndpoint(id!, member!);
    case 'POST /loadbalancers':
      return hns.createLoadBalancer(object);
    case 'GET /loadbalancers':
      return hns.listLoadBalancers();
    case 'GET /loadbalancers/ID':
      return hns.getLoadBalancer(id!);
    case 'DELETE /loadbalancers/ID': {
      hns.deleteLoadBalancer(id!);
      return;
    }
    case 'GET /diagnostics':
      return hns.diagnostics;
    default:
      throw new HnsError(HNS_CODE.NOT_FOUND, 'there is no such call');
  }
}
