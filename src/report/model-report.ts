/** The header of every report: for which platform it holds. */
import { formatAddress } from '../normalise/address.js';
import type { NormalisedHost } from '../normalise/normalised-host.js';
import type { ModelReport } from './replay-report.js';

export function modelReport(host: NormalisedHost): ModelReport {
  return {
    windows: host.windows,
    endpoints: host.endpoints.map(({ name, network, isolation, addresses }) => ({
      name,
      driver: host.networks[network]!.driver,
      isolation,
      addresses: addresses.map(formatAddress),
    })),
    assumed: host.assumptions,
    options: { ...host.options },
  };
}
