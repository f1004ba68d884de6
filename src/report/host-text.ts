/** The platform model for people. */
import type { CompartmentView, HostView, PublishedView, StageView } from './host-view.js';
import { modelText } from './replay-text.js';
import { label, textTable } from './text-table.js';

export function hostText(view: HostView): string {
  const parts = [modelText(view.model), compartments(view), ...view.compartments.map(stages)];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function compartments({ compartments: rows }: HostView): string {
  return textTable(
    [
      { title: 'Compartment', align: 'right' },
      { title: 'Owner' },
      { title: 'Endpoint' },
      { title: 'Addresses' },
      { title: 'Driver, isolation' },
      { title: 'Attachment' },
    ],
    rows.map((row) => [
      String(row.compartment),
      label(ownerText(row)),
      label(row.endpoint ?? '-'),
      row.addresses.join(', ') || '-',
      row.driver === null ? '-' : `${row.driver}, ${row.isolation ?? ''}`,
      row.attachment,
    ]),
  );
}

function ownerText({ owner, containers }: CompartmentView): string {
  return containers.length === 0 ? owner : `${owner} (${containers.join(', ')})`;
}

function stages(row: CompartmentView): string {
  if (row.endpoint === null || row.switch === null || row.host === null) return '';
  const accepts = row.accepts.length === 0 ? 'no ACLs' : `ACLs of RuleType ${names(row.accepts)}`;
  return [
    `Endpoint ${label(row.endpoint)}: accepts ${accepts}`,
    ...(row.published.length === 0 ? [] : [`  published ports: ${publishedText(row)}`]),
    textTable(
      [
        { title: '  Stage' },
        { title: 'Dir' },
        { title: 'Rules', align: 'right' },
        { title: 'Otherwise' },
      ],
      [...stageRows('switch', row.switch), ...stageRows('host', row.host)],
    ),
  ].join('\n');
}

/** `8080:80/tcp`; ports that follow one another as ranges, those the service chooses without a colon. */
function publishedText({ published }: CompartmentView): string {
  const spans: { readonly first: PublishedView; count: number }[] = [];
  for (const port of published) {
    const last = spans.at(-1);
    if (last !== undefined && follows(last.first, last.count, port)) last.count++;
    else spans.push({ first: port, count: 1 });
  }
  return spans.map(({ first, count }) => spanText(first, count)).join(', ');
}

function follows(first: PublishedView, count: number, port: PublishedView): boolean {
  const { externalPort: external } = first;
  return (
    port.protocol === first.protocol &&
    port.internalPort === first.internalPort + count &&
    port.externalPort === (external === null ? null : external + count)
  );
}

function spanText({ protocol, externalPort, internalPort }: PublishedView, count: number): string {
  const span = (from: number): string => (count === 1 ? `${from}` : `${from}-${from + count - 1}`);
  const host = externalPort === null ? '' : `${span(externalPort)}:`;
  return `${host}${span(internalPort)}/${protocol}`;
}

function stageRows(name: string, stage: StageView): string[][] {
  return (['in', 'out'] as const).map((direction) => [
    `  ${name}`,
    direction,
    String(stage.rules[direction]),
    stage.default[direction],
  ]);
}

const names = (stages_: readonly string[]): string =>
  stages_.map((stage) => stage.charAt(0).toUpperCase() + stage.slice(1)).join(' and ');
