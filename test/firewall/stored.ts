/** A machine whose firewall is what a registry export says. */
import { firewallFromBytes } from '../../src/firewall/load.js';
import { compileHost, normaliseHost, type SemanticOptionsInput } from '../../src/index.js';
import { machine, type Machine, type MachineSpec } from './machine.js';
import { regExport } from './stores.js';

/** Rule strings in their stores, and settings of both. */
export function stored(
  values: readonly (readonly [key: string, name: string, data: string | number])[],
  processes: object[] = [],
  options: SemanticOptionsInput = {},
  spec: MachineSpec = { interface: { processes } },
): Machine {
  const GROUP = 'SOFTWARE\\Policies\\Microsoft\\WindowsFirewall';
  const bytes = regExport(
    values.map(([key, name, data]) => ({
      key: key.replace('GPO', GROUP).replace('LOCAL', 'FirewallPolicy'),
      name,
      data,
    })),
  );
  const shape = machine(spec);
  const { host, diagnostics } = normaliseHost({
    documents: [],
    description: shape.description,
    firewall: [firewallFromBytes(bytes, 'stores.reg', { strict: true })],
    strict: true,
    options,
  });
  if (host === null) throw new Error(JSON.stringify(diagnostics));
  return { compiled: compileHost(host), diagnostics, description: shape.description };
}
