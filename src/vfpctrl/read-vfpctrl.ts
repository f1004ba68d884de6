/** Text or commands of vfpctrl as a policy document: each port the switch layers of one endpoint. */
import type { PolicyDocument, WrittenEndpoint, WrittenPolicies } from '../policy/document.js';
import { NO_POLICIES } from '../policy/read-policies.js';
import { createReporter } from '../source/diagnostic.js';
import type { ObjectNode, SourceDocument } from '../source/source-node.js';
import type { SourceText } from '../source/source-text.js';
import { isCommands, readCommands } from './read-commands.js';
import { isDump } from './dump-blocks.js';
import { readDump, type DumpedPort } from './read-dump.js';

/** Whether a text that is no JSON is for {@link readVfpctrl}. */
export const isVfpctrl = (text: string): boolean => isDump(text) || isCommands(text);

export function readVfpctrl(source: SourceText, strict: boolean): PolicyDocument {
  const reporter = createReporter(strict);
  const read = isDump(source.text ?? '') ? readDump : readCommands;
  const ports = read(source, reporter).filter(({ layers }) => layers.length > 0);
  const place = { file: source.name, line: 1, column: 1, path: '' };
  if (ports.length === 0 && !reporter.hasErrors()) {
    const message = `${source.name} is of vfpctrl, without rules that could be evaluated; the output of /list-rule of a port is wanted, or commands that add rules.`;
    reporter.error('dump-incomplete', place, message);
  }
  // One port is whatever endpoint the user names; several are named as they were dumped.
  const [only] = ports;
  const single = ports.length === 1 && only !== undefined ? only : null;
  return {
    name: source.name,
    policies: single === null ? NO_POLICIES : policiesOf(single),
    hasPolicies: single !== null,
    endpoints: single === null ? ports.map((port) => endpointOf(port, source)) : [],
    networks: [],
    kubernetes: [],
    diagnostics: reporter.result(),
  };
}

const policiesOf = ({ layers }: DumpedPort): WrittenPolicies => ({ ...NO_POLICIES, layers });

function endpointOf(port: DumpedPort, source: SourceText): WrittenEndpoint {
  const node: ObjectNode = { kind: 'object', value: [], offset: 0, key: '', keyOffset: 0 };
  const document: SourceDocument = { source, root: node };
  return {
    document,
    node,
    name: port.name ?? source.name,
    ...{ networkId: null, networkName: null, addresses: [], mac: null, remote: false },
    policies: policiesOf(port),
  };
}
