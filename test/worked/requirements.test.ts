/** R1 to R18, seen from outside: by verdicts and by the view of the host. Source: hns.md 3. */
import { describe, expect, it } from 'vitest';

import { PolicyError } from '../../src/index.js';
import { acl, modelOfHost, tcp } from './model.js';

const POD = '10.1.0.5';
const PEER = '10.9.9.9';

const switchAcl = (
  action: 'Allow' | 'Block',
  direction: 'In' | 'Out',
  priority: number,
  rest: object = {},
): object => acl(action, direction, { RuleType: 'Switch', Priority: priority, ...rest });

describe('pods', () => {
  const pod = (
    web: readonly unknown[],
    sidecar: readonly unknown[],
    rest: object = {},
  ): object => ({
    windows: 'ws2022',
    networks: [{ name: 'pods', driver: 'l2bridge' }],
    endpoints: [
      {
        name: 'pod',
        isolation: 'process',
        addresses: [POD],
        policies: [switchAcl('Allow', 'In', 200, { Protocols: '6', LocalPorts: '80' })],
        containers: [
          { name: 'web', ports: web },
          { name: 'sidecar', ports: sidecar },
        ],
        ...rest,
      },
      { name: 'other', isolation: 'process', addresses: ['10.1.0.6'] },
    ],
  });
  const collision = (description: object): string[] => {
    try {
      modelOfHost(description);
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      return error.diagnostics.map(({ code, location }) => `${code} ${location.path}`);
    }
    return [];
  };
  const secondPort = ['port-collision endpoints[0].containers[1].ports[0]'];

  it('R15 gives the containers of a pod one compartment, one address and one port space', () => {
    const { view } = modelOfHost(pod(['8080:80'], ['8081:81']));
    expect(view.compartments).toMatchObject([
      { owner: 'host', containers: [] },
      { compartment: 2, endpoint: 'pod', containers: ['web', 'sidecar'], addresses: [POD] },
      { compartment: 3, endpoint: 'other', containers: [] },
    ]);
  });

  it('R15 refuses two containers of a pod that publish one port, inside or outside', () => {
    expect(collision(pod(['8080:80'], ['8080:81']))).toEqual(secondPort);
    expect(collision(pod(['8080:80'], ['8081:80']))).toEqual(secondPort);
    expect(collision(pod(['8080:80'], ['8080:80']))).toEqual(secondPort);
    expect(collision(pod([80], ['80/tcp']))).toEqual(secondPort);
    expect(collision(pod([80], [81], { ports: ['8080:80'] }))).toEqual([]);
    expect(collision(pod(['8080:80', '8081:80'], ['8080:80/udp']))).toEqual([]);
  });

  it('R15 judges by the endpoint of the pod whichever of its containers is named', () => {
    const { judge } = modelOfHost(pod([], []));
    const packet = tcp('in', `${PEER}:4000`, `${POD}:81`);
    for (const endpoint of ['pod', 'web', 'sidecar']) {
      expect(judge({ ...packet, endpoint })).toMatchObject([{ endpoint: 'pod', verdict: 'drop' }]);
    }
    expect(judge({ ...packet, endpoint: 'other' })).toMatchObject([{ verdict: 'allow' }]);
  });

  it('R15 chooses the endpoint of the pod by a container in the flag too', () => {
    const { view } = modelOfHost(pod([], []), { endpoint: 'sidecar' });
    expect(view.compartments.map(({ endpoint }) => endpoint)).toEqual([null, 'pod']);
  });

  it('R15 lets no name of a container stand for two pods, nor be given twice in one', () => {
    const twoPods = pod([], []) as { endpoints: object[] };
    twoPods.endpoints[1] = { ...twoPods.endpoints[1], containers: [{ name: 'web' }] };
    const { judge } = modelOfHost(twoPods);
    const packet = { ...tcp('in', `${PEER}:4000`, `${POD}:81`), endpoint: 'web' };
    expect(() => judge(packet)).toThrow(/"web" is not in the model; it has pod, other/);
    const twice = { containers: [{ name: 'web' }, { name: 'web' }] };
    expect(collision(pod([], [], twice))).toEqual([
      'bad-host-description endpoints[0].containers[1].name',
    ]);
  });
});
