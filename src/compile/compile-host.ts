/**
 * NormalisedHost to rule program: what VFP and Windows Firewall would be told.
 *
 * Everything that depends on the platform was decided before (normalise); everything that depends
 * on a packet is decided behind (native). Here meanings become layers, groups and rules.
 */
import { hostLayer } from './host-layer.js';
import { noLayer, switchLayers } from './switch-layers.js';
import { frontModel, translationCompiler, type TranslationCompiler } from './translation-layers.js';
import type { NormalisedEndpoint, NormalisedHost } from '../normalise/normalised-host.js';
import { encodeProgram } from '../program/encode.js';
import type { EndpointModel, ProgramModel } from '../program/program-model.js';

/** Immutable; may be shared by any number of engines. */
export interface CompiledHost {
  readonly host: NormalisedHost;
  readonly model: ProgramModel;
  /** The encoded program (docs/RULE_PROGRAM.md). */
  readonly program: Uint8Array;
}

/** @throws {PortaclError} `program-limit` when the policies are larger than the format allows. */
export function compileHost(host: NormalisedHost): CompiledHost {
  const translating = translationCompiler(host);
  const model: ProgramModel = {
    options: host.options,
    endpoints: host.endpoints.map((endpoint) => compileEndpoint(host, endpoint, translating)),
    ...(host.fronts?.length && { fronts: host.fronts.map(frontModel) }),
  };
  return compileModel(host, model);
}

/** The same with layers that no policy asks for, which the format allows: for tests of the engine. */
export function compileModel(host: NormalisedHost, model: ProgramModel): CompiledHost {
  const compiled: CompiledHost = { host, model, program: encodeProgram(model) };
  made.add(compiled);
  return compiled;
}

const made = new WeakSet<object>();

/** Whether it was made here, this very object. */
export const isMadeHere = (value: object): boolean => made.has(value);

function compileEndpoint(
  host: NormalisedHost,
  endpoint: NormalisedEndpoint,
  translating: TranslationCompiler,
): EndpointModel {
  return {
    name: endpoint.name,
    network: endpoint.network,
    compartment: endpoint.compartment,
    mac: endpoint.mac,
    addresses: endpoint.addresses,
    broadcasts: endpoint.broadcasts,
    switchLayers: switchLayers(host, endpoint, translating),
    noLayer,
    hostLayer: hostLayer(host, endpoint.hostStage),
  };
}
