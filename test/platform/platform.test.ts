import { describe, expect, it } from 'vitest';
import { DEFAULT_TABLE, defaultRows } from '../../src/platform/default-table.js';
import { DRIVERS, parseDriver, parseIsolation } from '../../src/platform/platform.js';
import { STAGE_TABLE, stageCell } from '../../src/platform/stage-table.js';
import {
  nearestWindows,
  parseWindows,
  WINDOWS_NEWEST,
  windowsNames,
} from '../../src/platform/windows-releases.js';

describe('parseWindows', () => {
  it.each([
    ['ws2022', 20348],
    ['WS2022', 20348],
    ['Windows Server 2022', 20348],
    ['windows-server-2022', 20348],
    ['Server 2022', 20348],
    ['2022', 20348],
    ['20348', 20348],
    ['10.0.20348', 20348],
    ['10.0.20348.169', 20348],
    ['ltsc2022', 20348],
    ['2016', 14393],
    ['Windows Server 2016', 14393],
    ['1709', 16299],
    ['Server 1709', 16299],
    ['1803', 17134],
    ['1809', 17763],
    ['version 1809', 17763],
    ['ws2019', 17763],
    ['2025', 26100],
    ['24H2', 26100],
    ['Windows 11 24H2', 26100],
    ['16298', 16298],
  ])('reads %s as build %i', (text, build) => {
    expect(parseWindows(text)?.build).toBe(build);
  });

  it.each(['', 'ws2021', '2021', 'linux', '9600', '123456', '10.0', '6.3.14393'])(
    'does not know %j',
    (text) => {
      expect(parseWindows(text)).toBeNull();
    },
  );

  it('names the nearest release', () => {
    expect(nearestWindows('ws2021')).toBe('ws2022');
    expect(nearestWindows('some other system')).toBeNull();
  });

  it('reads every name it prints', () => {
    for (const release of windowsNames()) expect(parseWindows(release.name)).toEqual(release);
    expect(WINDOWS_NEWEST.build).toBe(26100);
  });
});

it('drivers and isolations are read in any case', () => {
  expect(['L2Bridge', 'NAT', 'Overlay', 'ConstrainedICS', 'l2brigde'].map(parseDriver)).toEqual([
    'l2bridge',
    'nat',
    'overlay',
    'constrained-ics',
    null,
  ]);
  expect(['process', 'Hyper-V', 'HYPERV', 'none'].map(parseIsolation)).toEqual([
    'process',
    'hyperv',
    'hyperv',
    null,
  ]);
});

describe('table 5.1', () => {
  it('has one cell for each modelled driver and isolation', () => {
    const cells = STAGE_TABLE.flatMap(({ drivers, isolation }) =>
      drivers.map((d) => `${d} ${isolation}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(cells.filter((cell) => !cell.endsWith(' host'))).toHaveLength(12);
    // The host's own stack is no cell of the table: it is the same beside every driver.
    expect(cells.filter((cell) => cell.endsWith(' host'))).toHaveLength(DRIVERS.length);
  });
  it.each(['private', 'internal', 'mirrored', 'constrained-ics'] as const)(
    'does not model %s',
    (driver) => {
      expect(stageCell(driver, 'process')).toBeNull();
    },
  );
  it('has a programmable switch stage exactly where Switch rules are taken', () => {
    for (const driver of DRIVERS) {
      for (const isolation of ['process', 'hyperv'] as const) {
        const cell = stageCell(driver, isolation);
        if (cell !== null)
          expect(cell.switchStage === 'vfp-port').toBe(cell.accepts.includes('switch'));
      }
    }
  });
});

describe('table 5.2', () => {
  const reasons = (
    stage: 'switch' | 'host',
    isolation: 'process' | 'hyperv',
    build: number,
  ): string[] =>
    defaultRows(stage, isolation, build).map(
      (row) => `${row.direction ?? 'both'} ${row.verdict} ${row.name}`,
    );

  it('is whole', () => {
    expect(DEFAULT_TABLE).toHaveLength(7);
    expect(reasons('switch', 'process', 20348)).toEqual(['both allow no-acl-layer']);
    expect(reasons('host', 'hyperv', 14393)).toEqual(['both allow guest-default-allow']);
    expect(reasons('host', 'process', 16299)).toEqual([
      'out allow default-allow-outbound',
      'in allow default-allow-inbound',
      'in deny default-deny-other-protocol',
    ]);
    expect(reasons('host', 'process', 16298)).toEqual([
      'out allow default-allow-outbound',
      'in allow port-mapping-allow',
      'in deny default-deny-inbound',
    ]);
  });
});
