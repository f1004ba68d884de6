/** Policies that others wrote, each with pods it is about: what is said of them, and the contrary. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileHost } from '../../src/compile/compile-host.js';
import { Simulator, decidingRecord } from '../../src/simulate/simulate.js';
import { namespace, pod, readText, type Json } from './cluster.js';

const POLICIES = fileURLToPath(new URL('../../../shared/data/policies/', import.meta.url));

/** A pod, or one with a named port. */
const at = (id: string, ip: string, labels: Json, ports: readonly Json[] = []): Json =>
  pod(id, ip, labels, { spec: { containers: [{ name: 'c', ports }] } });

/** `tcp 10.1.0.1 > 10.1.0.2:80 allow`. */
function ask(
  objects: readonly Json[],
  files: readonly string[],
  questions: readonly string[],
): string[] {
  const texts = files.map((file) =>
    readFileSync(path.join(POLICIES, file), 'utf8').replace(/\s*$/, '\n'),
  );
  const text = [...texts, ...objects.map((object) => JSON.stringify(object))].join('\n---\n');
  const { host, diagnostics } = readText(text);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const simulator = new Simulator(compileHost(host!), { stateless: true });
  const tuples = questions.map((question) => {
    const [proto = '', src = '', , target = ''] = question.split(' ');
    const [dst = '', port] = target.split(':');
    return proto === 'icmp'
      ? { proto, src, dst, type: 8, code: 0, id: 1 }
      : { proto: proto === 'sctp' ? 132 : proto, src, dst, sport: 4000, dport: Number(port) };
  });
  const answers = simulator.judge(tuples).map((records) => decidingRecord(records).verdict);
  return questions.map(
    (question, i) => `${question.split(' ').slice(0, 4).join(' ')} ${answers[i]}`,
  );
}

describe.skipIf(!existsSync(POLICIES))('real policies', () => {
  it.each<[readonly string[], readonly Json[], readonly string[]]>([
    [
      ['netpol.calico-winfv.ingress.yaml', 'netpol.calico-winfv.egress.yaml'],
      [
        at('demo/client', '10.1.0.1', { app: 'client' }),
        at('demo/client-b', '10.1.0.2', { app: 'client-b' }),
        at('demo/porter', '10.1.0.3', { app: 'porter' }),
        at('demo/nginx', '10.1.0.4', { app: 'nginx' }),
        at('demo/nginx-b', '10.1.0.5', { app: 'nginx-b' }),
      ],
      [
        'tcp 10.1.0.1 > 10.1.0.3:80 allow',
        'tcp 10.1.0.2 > 10.1.0.3:80 drop',
        'tcp 10.1.0.3 > 10.1.0.4:80 allow',
        'tcp 10.1.0.3 > 10.1.0.5:80 drop',
        'tcp 10.1.0.3 > 8.8.8.8:80 drop',
        'udp 10.1.0.3 > 8.8.8.8:53 allow',
        'tcp 10.1.0.3 > 8.8.8.8:53 drop',
      ],
    ],
    [
      ['netpol.azure-npm.complex-policy.yaml'],
      [
        at('default/db', '10.1.0.1', { role: 'db' }),
        at('default/front', '10.1.0.2', { role: 'frontend' }),
        at('other/any', '10.1.0.3', {}),
        namespace('other', { project: 'myproject' }),
        at('else/front', '10.1.0.4', { role: 'frontend' }),
      ],
      [
        'tcp 172.17.0.9 > 10.1.0.1:6379 allow',
        'tcp 172.17.1.9 > 10.1.0.1:6379 drop',
        'tcp 10.1.0.2 > 10.1.0.1:6379 allow',
        'tcp 10.1.0.3 > 10.1.0.1:6379 allow',
        'tcp 10.1.0.4 > 10.1.0.1:6379 drop',
        'tcp 10.1.0.2 > 10.1.0.1:6380 drop',
        'tcp 10.1.0.1 > 10.0.0.2:5978 allow',
        'tcp 10.1.0.1 > 10.0.0.1:5978 drop',
      ],
    ],
    [
      ['netpol.azure-npm.named-port.yaml'],
      [
        at('test/server', '10.1.0.1', { app: 'server' }, [
          { name: 'serve-80', containerPort: 8080 },
        ]),
        at('test/bare', '10.1.0.2', { app: 'server' }),
      ],
      [
        'tcp 9.9.9.9 > 10.1.0.1:8080 allow',
        'tcp 9.9.9.9 > 10.1.0.1:80 drop',
        'tcp 9.9.9.9 > 10.1.0.2:8080 drop',
      ],
    ],
    [
      ['netpol.azure-npm.allow-ns-dev-to-app-frontend.yaml'],
      [
        at('testnamespace/f', '10.1.0.1', { app: 'frontend' }),
        at('dev/a', '10.1.0.2', {}),
        namespace('dev', { namespace: 'dev' }),
        at('test0/a', '10.1.0.3', {}),
        namespace('test0', { namespace: 'test0' }),
      ],
      ['tcp 10.1.0.2 > 10.1.0.1:1 allow', 'tcp 10.1.0.3 > 10.1.0.1:1 drop'],
    ],
    [
      ['netpol.azure-npm.deny-all-policy.yaml'],
      [at('testnamespace/a', '10.1.0.1', {}), at('default/a', '10.1.0.2', {})],
      [
        'tcp 9.9.9.9 > 10.1.0.1:80 drop',
        'tcp 10.1.0.1 > 9.9.9.9:80 allow',
        'tcp 9.9.9.9 > 10.1.0.2:80 allow',
      ],
    ],
    [
      ['netpol.azure-npm.allow-backend-to-frontend.yaml'],
      [
        at('testnamespace/b', '10.1.0.1', { app: 'backend' }),
        at('testnamespace/f', '10.1.0.2', { app: 'frontend' }),
      ],
      [
        'tcp 10.1.0.2 > 10.1.0.1:80 allow',
        'tcp 9.9.9.9 > 10.1.0.1:80 drop',
        'tcp 10.1.0.1 > 9.9.9.9:80 allow',
      ],
    ],
    [
      ['netpol.azure-npm.allow-app-frontend-tcp-port-or-udp-port-53.yaml'],
      [at('testnamespace/f', '10.1.0.1', { app: 'frontend' }), at('x/y', '10.1.0.2', {})],
      [
        'tcp 10.1.0.1 > 8.8.8.8:53 allow',
        'udp 10.1.0.1 > 8.8.8.8:53 allow',
        'tcp 10.1.0.1 > 8.8.8.8:80 drop',
        'tcp 10.1.0.1 > 10.1.0.2:80 allow',
        'icmp 10.1.0.1 > 10.1.0.2 allow',
      ],
    ],
    [
      ['netpol.azure-npm.only-ports.yaml'],
      [at('default/s', '10.1.0.1', { app: 'server' })],
      [
        'tcp 9.9.9.9 > 10.1.0.1:80 allow',
        'udp 9.9.9.9 > 10.1.0.1:100 allow',
        'tcp 9.9.9.9 > 10.1.0.1:100 drop',
        'udp 9.9.9.9 > 10.1.0.1:80 drop',
      ],
    ],
    [
      ['netpol.cyclonus.portrange.yaml'],
      [
        at('x/a', '10.1.0.1', { pod: 'a' }),
        at('y/a', '10.1.0.2', { pod: 'a' }),
        namespace('y', { ns: 'y' }),
      ],
      [
        'tcp 10.1.0.1 > 10.1.0.2:79 drop',
        'tcp 10.1.0.1 > 10.1.0.2:80 allow',
        'tcp 10.1.0.1 > 10.1.0.2:103 allow',
        'tcp 10.1.0.1 > 10.1.0.2:104 drop',
      ],
    ],
    [
      ['netpol.cyclonus.deny-all.yaml'],
      [at('y/a', '10.1.0.1', {}), at('x/a', '10.1.0.2', {})],
      ['tcp 10.1.0.2 > 10.1.0.1:80 drop', 'tcp 10.1.0.1 > 10.1.0.2:80 allow'],
    ],
    [
      ['netpol.cyclonus.allow-by-ip.yaml'],
      [at('y/c', '10.1.0.1', { pod: 'c' })],
      ['tcp 9.9.9.9 > 10.1.0.1:80 drop', 'tcp 0.0.0.9 > 10.1.0.1:80 allow'],
    ],
    [
      ['netpol.cyclonus.allow-to-ns-y-pod-a.yaml'],
      [
        at('x/a', '10.1.0.1', { pod: 'a' }),
        at('y/a', '10.1.0.2', { pod: 'a' }),
        at('y/b', '10.1.0.3', { pod: 'b' }),
        at('z/a', '10.1.0.4', { pod: 'a' }),
        namespace('y', { ns: 'y' }),
      ],
      [
        'tcp 10.1.0.1 > 10.1.0.2:80 allow',
        'tcp 10.1.0.1 > 10.1.0.3:80 drop',
        'tcp 10.1.0.1 > 10.1.0.4:80 drop',
        'udp 10.1.0.1 > 10.1.0.4:53 allow',
      ],
    ],
    [
      ['netpol.windows-containers.ingress-from-updated-pod.yaml'],
      [
        at('default/a', '10.1.0.1', { pod: 'a' }),
        at('default/b', '10.1.0.2', { pod: 'b', pod2: 'updated' }),
        at('default/b2', '10.1.0.3', { pod: 'b' }),
        at('other/c', '10.1.0.4', { pod: 'c' }),
      ],
      [
        'tcp 10.1.0.2 > 10.1.0.1:80 allow',
        'tcp 10.1.0.3 > 10.1.0.1:80 drop',
        'tcp 10.1.0.4 > 10.1.0.1:80 drop',
      ],
    ],
    [
      // What an independent analyser lists is allowed, and nothing else.
      ['netpol.np-guard.minimal.yaml'],
      [
        at('default/frontend', '10.1.0.1', { app: 'frontend' }),
        at('default/backend', '10.1.0.2', { app: 'backendservice' }),
      ],
      [
        'tcp 9.9.9.9 > 10.1.0.1:8080 allow',
        'tcp 9.9.9.9 > 10.1.0.1:8081 drop',
        'udp 10.1.0.1 > 9.9.9.9:53 allow',
        'tcp 10.1.0.1 > 9.9.9.9:53 drop',
        'tcp 10.1.0.1 > 10.1.0.2:9090 allow',
        'tcp 10.1.0.1 > 10.1.0.2:9091 drop',
        'tcp 9.9.9.9 > 10.1.0.2:9090 drop',
        'tcp 10.1.0.2 > 10.1.0.1:8080 drop',
      ],
    ],
    [
      ['netpol.np-guard.end-port.yaml'],
      [at('kube-system/a', '10.1.0.1', {})],
      [
        'tcp 9.9.9.9 > 10.1.0.1:1 allow',
        'udp 9.9.9.9 > 10.1.0.1:65535 allow',
        'sctp 9.9.9.9 > 10.1.0.1:80 allow',
        'tcp 9.9.9.9 > 10.1.0.1:0 drop',
        'icmp 9.9.9.9 > 10.1.0.1 drop',
      ],
    ],
  ])('%s', (files, objects, questions) => {
    expect(ask(objects, files, questions)).toEqual(questions);
  });
});
