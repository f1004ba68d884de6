/** Compose files: services as endpoints with the ports they publish. */
import { describe, expect, it } from 'vitest';

import { normaliseHost } from '../../src/normalise/normalise-host.js';
import { readDocument } from '../../src/policy/read-document.js';
import { readYamlDocuments } from '../../src/source/yaml.js';
import { brief } from './reading.js';

const normalise = (text: string): ReturnType<typeof normaliseHost> => {
  const [document] = readYamlDocuments({ name: 'compose.yaml', text });
  return normaliseHost({
    documents: [readDocument(document!, true)],
    strict: true,
    platform: { windows: 'ws2022' },
  });
};
const errorsOf = (text: string): string[] =>
  normalise(text)
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(brief);
const service = (text: string): string => `services:\n  web:\n${text.replaceAll(/^/gm, '    ')}\n`;

describe('a Compose file', () => {
  it('makes an endpoint of each service, with its published ports', () => {
    const { host, diagnostics } = normalise(`
name: shop
services:
  web:
    image: web
    container_name: shop-web
    isolation: hyperv
    ports:
      - "8080-8081:80-81"
      - 53/udp
      - target: 443
        published: "8443"
        protocol: tcp
        mode: host
      - target: 9000
    networks:
      front:
        ipv4_address: 172.20.0.5
        mac_address: 00-15-5D-01-02-03
      back:
  db:
    image: db
    networks: [back]
  job:
    network_mode: none
  helper:
    network_mode: "service:db"
networks:
  front:
    name: shop-front
    driver: transparent
  back:
`);
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(host!.networks).toEqual([
      { name: 'shop-front', driver: 'transparent', vni: null },
      { name: 'back', driver: 'nat', vni: null },
    ]);
    expect(host!.endpoints).toMatchObject([
      { name: 'shop-web', network: 0, isolation: 'hyperv', mac: 0x00155d010203n },
      { name: 'shop-web (back)', network: 1, isolation: 'hyperv', published: [] },
      { name: 'db', network: 1, isolation: 'process', published: [] },
    ]);
    const [web] = host!.endpoints;
    expect(web!.addresses).toEqual([{ family: 4, value: 0xac140005n }]);
    expect(
      web!.published.map((p) => `${p.externalPort ?? ''}:${p.internalPort}/${p.protocol}`),
    ).toEqual(['8080:80/6', '8081:81/6', ':53/17', '8443:443/6', ':9000/6']);
  });

  it('puts services without networks on a NAT network, or on one that is there', () => {
    expect(normalise(service('ports: ["80:80"]')).host!.networks).toEqual([
      { name: 'default', driver: 'nat', vni: null },
    ]);
    const external = 'networks:\n  default:\n    external: true\n    name: nat\n';
    expect(normalise(`${service('image: x')}${external}`).host!.networks).toEqual([
      { name: 'nat', driver: 'nat', vni: null },
    ]);
    const known = 'networks:\n  default:\n    external:\n      name: Lab\n';
    const document = { Name: 'lab', Type: 'Transparent', Subnets: [] };
    const [compose] = readYamlDocuments({
      name: 'compose.yaml',
      text: `${service('image: x')}${known}`,
    });
    const [lab] = readYamlDocuments({ name: 'lab.json', text: JSON.stringify(document) });
    const { host } = normaliseHost({
      documents: [compose!, lab!].map((each) => readDocument(each, true)),
      strict: true,
    });
    expect(host!.networks).toEqual([{ name: 'lab', driver: 'transparent', vni: null }]);
  });

  it('opens published ports where a build before 16299 denies the rest', () => {
    const [document] = readYamlDocuments({
      name: 'compose.yaml',
      text: service('ports: ["8080:80"]'),
    });
    const { host } = normaliseHost({
      documents: [readDocument(document!, true)],
      strict: true,
      platform: { windows: '1607' },
    });
    expect(host!.endpoints[0]!.hostStage).toMatchObject({
      kind: 'container-defaults',
      mappings: [{ protocol: 6, internalPort: 80 }],
    });
  });

  it.each<[string, string, string[]]>([
    [
      'a host address',
      service('ports: ["127.0.0.1:80:80"]'),
      ['error bad-port 3:13 services.web.ports[0]'],
    ],
    [
      'a range of host ports to choose from',
      service('ports:\n  - target: 80\n    published: "8080-8090"'),
      ['error bad-port 4:9 services.web.ports[0]'],
    ],
    [
      'a port without target',
      service('ports: [{published: 80}]'),
      ['error bad-port 3:13 services.web.ports[0]'],
    ],
    ['ports that are no list', service('ports: 80'), ['error wrong-type 3:12 services.web.ports']],
    [
      'a variable',
      service('ports: ["${PORT:-80}:80"]'),
      ['error unknown-value 3:13 services.web.ports[0]'],
    ],
    [
      'an address that is none',
      service('networks: {default: {ipv4_address: 10.0.0.300}}'),
      ['error bad-address 3:40 services.web.networks.default.ipv4_address'],
    ],
    [
      'a network that is not declared',
      service('networks: [front]'),
      ['error unknown-network 3:16 services.web.networks[0]'],
    ],
    [
      'a driver of another system',
      `${service('networks: [a]')}networks:\n  a:\n    driver: bridge\n`,
      ['error unknown-driver 6:13 networks.a.driver'],
    ],
    [
      'an isolation that is none',
      service('isolation: vm'),
      ['error unknown-isolation 3:16 services.web.isolation'],
    ],
    [
      'services of another file',
      service('extends: base'),
      ['error unknown-value 3:5 services.web.extends'],
    ],
    [
      'files that are included',
      `include: [a.yaml]\n${service('image: x')}`,
      ['error unknown-value 1:1 include'],
    ],
    ['services that are a list', 'services: [web]', ['error wrong-type 1:11 services']],
    [
      'one port of the host twice',
      service('ports: ["80:80", "80:81"]'),
      ['error port-collision 3:22 services.web.ports[1]'],
    ],
    [
      'more ports than there are',
      service('ports: ["1-65535", "1-65535/udp", "1-3"]'),
      ['error document-limit 3:39 services.web.ports[2]'],
    ],
  ])('refuses %s', (_, text, expected) => {
    expect(errorsOf(text)).toEqual(expected);
  });

  it('takes a dollar that is escaped', () => {
    const { host } = normalise(service('container_name: a$$b'));
    expect(host!.endpoints.map(({ name }) => name)).toEqual(['a$b']);
  });
});
