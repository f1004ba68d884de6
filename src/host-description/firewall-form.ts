/** The parts of a host description that speak of Windows Firewall, as a form. */
import { z } from 'zod';

const text = z.string().min(1);
const list = z.array(text);
const portItem = z.union([text, z.int()]);

export const processForm = z.strictObject({
  protocol: z.union([text, z.int()]).optional(),
  localAddress: text.optional(),
  localPort: portItem.optional(),
  remoteAddress: text.optional(),
  remotePort: portItem.optional(),
  program: text.optional(),
  service: z.string().optional(),
  package: text.optional(),
  user: text.optional(),
  edgeTraversal: z.boolean().optional(),
});

/** What is known of one interface. */
export const interfaceFields = {
  profile: text.optional(),
  interfaceType: text.optional(),
  interfaceAlias: text.optional(),
  interfaceGuid: text.optional(),
  prefixes: list.optional(),
  edgeTraversed: z.boolean().optional(),
  processes: z.array(processForm).optional(),
};

export const hostForm = z.strictObject({
  interfaces: z.array(
    z.strictObject({
      name: text,
      network: text.optional(),
      addresses: list,
      mac: text.optional(),
      /** Being classified: nothing unsolicited comes in. */
      quarantine: z.boolean().optional(),
      ...interfaceFields,
    }),
  ),
  /** The firewall has not loaded its policy yet. */
  bootTime: z.boolean().optional(),
  /** Of every interface. */
  processes: z.array(processForm).optional(),
});

const ipsecForm = z.strictObject({
  localAddress: text.optional(),
  remoteAddress: text.optional(),
  state: z.enum(['authenticated', 'encrypted']),
  machine: text.optional(),
  user: text.optional(),
});

export const firewallForm = z.strictObject({
  policies: list.optional(),
  addressSets: z.record(text, list).optional(),
  portSets: z.record(text, z.array(portItem)).optional(),
  dynamicAddresses: z.record(text, list).optional(),
  variables: z.record(text, text).optional(),
  ipsec: z.array(ipsecForm).optional(),
  /** The rules that the service for containers adds on the host. */
  hnsRules: z.boolean().optional(),
});

export type ProcessForm = z.infer<typeof processForm>;
export type FirewallForm = z.infer<typeof firewallForm>;
export interface InterfaceForm {
  readonly profile?: string | undefined;
  readonly interfaceType?: string | undefined;
  readonly interfaceAlias?: string | undefined;
  readonly interfaceGuid?: string | undefined;
  readonly prefixes?: readonly string[] | undefined;
  readonly edgeTraversed?: boolean | undefined;
  readonly processes?: readonly ProcessForm[] | undefined;
}
