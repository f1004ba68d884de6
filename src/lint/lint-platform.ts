/** Lints on what the platform does with rules and ports that are right in themselves. */
import type { NormalisedEndpoint, NormalisedRule } from '../normalise/normalised-host.js';
import { coversPorts } from '../normalise/ports.js';
import { VFP_DRIVERS } from '../platform/stage-table.js';
import {
  DIRECTIONS,
  FINDINGS_MAX,
  HOST_LOCATION,
  stageName,
  type LintContext,
  type RuledStage,
} from './lint-context.js';

/** Rules that stand in no list any more: Host rules while the firewall is off. Source: hns.md Q19. */
export function lintUnaskedStages({ host, reporter }: LintContext): void {
  if (!host.endpoints.some(({ hostStage }) => hostStage.kind === 'firewall-off')) return;
  const asked = new Set(
    host.endpoints.flatMap(({ switchStage, hostStage }) => [
      ...(switchStage.kind === 'acl'
        ? DIRECTIONS.flatMap((direction) => switchStage[direction].flatMap((list) => list.rules))
        : []),
      ...(hostStage.kind === 'acl' ? [...hostStage.in, ...hostStage.out] : []),
      ...(hostStage.kind === 'firewall'
        ? DIRECTIONS.flatMap((direction) =>
            hostStage[direction].lists.flatMap((list) => list.rules),
          )
        : []),
    ]),
  );
  for (const { name, stage, location } of host.rules
    .filter((rule) => !asked.has(rule.id))
    .slice(0, FINDINGS_MAX)) {
    const message = `The rule ${name} is on the ${stageName(stage)} stage, which is not asked: the option hostFirewall is ${host.options.hostFirewall}.`;
    reporter.warning('stage-has-no-effect', location, message, { rule: name });
  }
}

/** Rules for the port of the host where the port of the container is meant. Source: hns.md 6.3. */
export function lintPublishedPorts(context: LintContext, stages: readonly RuledStage[]): void {
  for (const { endpoint, rules } of stages) {
    if (endpoint.published.length === 0) continue;
    const wrong = rules.in.flatMap((rule) => {
      const mapping = publishedOnly(rule, endpoint);
      return mapping === undefined ? [] : [{ rule, mapping }];
    });
    for (const { rule, mapping } of wrong.slice(0, FINDINGS_MAX)) {
      const message = `The rule ${rule.name} is for port ${mapping.externalPort}, which the host publishes; rules see packets after the translation, on port ${mapping.internalPort} of the container.`;
      context.reporter.warning('judged-on-internal-port', rule.location, message, {
        rule: rule.name,
      });
    }
  }
}

/** The mapping whose external port a rule names without naming the internal one. */
function publishedOnly(
  { conditions }: NormalisedRule,
  { published }: NormalisedEndpoint,
): NormalisedEndpoint['published'][number] | undefined {
  const { destinationPorts, protocols } = conditions;
  if (destinationPorts === null) return undefined;
  const names = (port: number): boolean =>
    coversPorts(destinationPorts, [{ from: port, to: port }]);
  return published.find(
    ({ protocol, internalPort, externalPort }) =>
      externalPort !== null &&
      (protocols?.includes(protocol) ?? true) &&
      names(externalPort) &&
      !names(internalPort) &&
      !published.some((other) => other.internalPort === externalPort),
  );
}

/**
 * Published ports that no packet is translated by, since neither they nor the host say an address.
 * Source: docs/semantics/actions.md 6.
 */
export function lintUntranslatedPorts({ host, reporter }: LintContext): void {
  const translated = new Set(
    (host.fronts ?? []).flatMap(({ protocol, port, targets }) =>
      targets.map(({ endpoint }) => `${endpoint} ${protocol} ${port}`),
    ),
  );
  host.endpoints.forEach(({ name, published }, index) => {
    const ports = published.flatMap(({ protocol, externalPort }) =>
      externalPort === null || translated.has(`${index} ${protocol} ${externalPort}`)
        ? []
        : [externalPort],
    );
    if (ports.length === 0) return;
    const message = `No address is known at which the host publishes ${ports.join(', ')} for endpoint ${name}, neither a VIP nor one of the host: what is sent there is not translated, so a capture must be taken at the container's port.`;
    reporter.info('port-not-translated', HOST_LOCATION, message);
  });
}

/** Source: hns.md 10, Windows-Containers#608: client editions of Windows may have no usable VFP. */
export function lintVfp({ host, reporter }: LintContext): void {
  if (!/^Windows 1[01]/.test(host.windows.name)) return;
  const drivers: readonly string[] = VFP_DRIVERS;
  for (const [index, { name, driver }] of host.networks.entries()) {
    if (!drivers.includes(driver)) continue;
    if (!host.endpoints.some(({ network }) => network === index)) continue;
    const message = `The network ${name} has driver ${driver}, which needs VFP; editions of ${host.windows.name} may have none that is usable.`;
    reporter.warning('vfp-missing', HOST_LOCATION, message);
  }
}
