/** The host description that `portacl host --init` writes: every field, each with what it is for. */
import { DEFAULT_OPTIONS, OPTION_WORDS } from '../normalise/options.js';

const HEAD = `# A Windows host, as far as verdicts are concerned. Leave out what you do not know: it is assumed, and
# every report says so. Names of files are relative to this one.

# A release or build: ws2022, Windows Server 2022, 1809, 20348.
windows: ws2022

# Addresses of the host itself; rules that forget the node are found by them.
addresses: [10.244.1.2]

networks:
  - name: pods
    # nat, ics, transparent, l2bridge, l2tunnel or overlay.
    driver: l2bridge
    subnets: [10.244.1.0/24]
    # Of an overlay network, its number in VXLAN: captures of other networks are then left alone.
    # vni: 4096
    # Documents of the network, such as its sets of addresses or a CNI configuration.
    # documents: [network.json, 10-azure.conflist]

endpoints:
  # The adapter of a container, or of a pod, whose containers share it.
  - name: web
    network: pods
    # process or hyperv.
    isolation: process
    # The container or pod it belongs to.
    owner: web-7c9d
    addresses: [10.244.1.10]
    # Decides where two networks use one address.
    mac: 00-15-5D-01-00-0A
    # Network compartment; the host is 1. Left out, each endpoint has one of its own.
    compartment: 2
    # Published ports, as docker run -p takes them.
    ports: ['8080:80/tcp']
    containers:
      - name: nginx
      - name: metrics
        ports: ['9100:9100']
    # Windows Firewall of a guest, of the host at the top level: files, see docs/semantics/firewall.md.
    # firewall: [rules.json]
    # Policies in place, or names of files: policies: [web.policy.json]
    policies:
      - Type: ACL
        Settings:
          Id: web-from-pods
          Action: Allow
          Direction: In
          Protocols: '6'
          RemoteAddresses: 10.244.0.0/16
          LocalPorts: '80'
          RuleType: Switch
          Priority: 1000
      # One ACL is enough to deny what no rule allows, in both directions.
      - Type: ACL
        Settings: { Id: out, Action: Allow, Direction: Out, RuleType: Switch, Priority: 65500 }
      - Type: ACL
        Settings: { Id: node, Action: Allow, Direction: In, RemoteAddresses: 10.244.1.2, RuleType: Switch, Priority: 900 }
`;

/** A YAML text that loads as it stands; options stand in it as comments, with their defaults. */
export function exampleHostDescription(): string {
  const words = Object.entries(OPTION_WORDS).map(
    ([name, choices]) =>
      `#   ${name}: ${DEFAULT_OPTIONS[name as keyof typeof OPTION_WORDS]} # ${choices.join(', ')}`,
  );
  const numbers = Object.entries(DEFAULT_OPTIONS).flatMap(([name, value]) =>
    typeof value === 'number' ? [`#   ${name}: ${value}`] : [],
  );
  const timers = Object.entries(DEFAULT_OPTIONS.timers).map(
    ([name, seconds]) => `#     ${name}: ${seconds}`,
  );
  const lines = [
    '# Choices where no source says what a host does, with their defaults. Timers are seconds.',
    '# options:',
    ...words,
    ...numbers,
    '#   timers:',
    ...timers,
  ];
  return `${HEAD}\n${lines.join('\n')}\n`;
}
