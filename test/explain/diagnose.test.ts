/** Near misses and edits; what an edit does is held against the oracle's reading of the edited host. */
import { beforeAll, describe, expect, it } from 'vitest';
import { compileHost, type CompiledHost } from '../../src/compile/compile-host.js';
import { explain } from '../../src/explain/diagnose.js';
import { applyEdit, editsFor } from '../../src/explain/edits.js';
import { diagnosisText } from '../../src/explain/explanation-text.js';
import { diagnosisSchema } from '../../src/explain/schema.js';
import { loadHost } from '../../src/load-host.js';
import { Simulator } from '../../src/simulate/simulate.js';
import { EXAMPLE_HOST, ROOT } from '../cli/run.js';
import { drawTuples } from '../oracle/draw-tuples.js';
import { drawHost } from '../oracle/draw.js';
import { podHost } from '../oracle/hosts.js';
import { Random } from '../oracle/random.js';
import { Reference } from '../oracle/reference.js';

const FIRST_SEED = Number(process.env['PORTACL_SEED'] ?? 8_004);

let web: CompiledHost;
beforeAll(async () => {
  web = (await loadHost({ host: EXAMPLE_HOST })).compiled;
});

const allow = (name: string, priority: number, more: object = {}) =>
  ({ name, direction: 'in', action: 'allow', priority, ...more }) as const;
const block = (name: string, priority: number, more: object = {}) =>
  ({ name, direction: 'in', action: 'block', priority, ...more }) as const;
const diagnose = (acls: Parameters<typeof podHost>[0], packet: string) =>
  explain(compileHost(podHost(acls)), packet);

describe('near misses', () => {
  const acls = [
    allow('web', 100, { protocols: [6], localPorts: [80] }),
    allow('admin', 200, { protocols: [6], localPorts: [8443], remote: ['10.8.0.0/16'] }),
    allow('ping', 300, { protocols: [1] }),
  ];

  it('of a drop are the allow rules that one condition kept away', () => {
    const { near_misses: misses } = diagnose(acls, 'in tcp 10.9.9.9 > 10.1.0.5:81');
    expect(misses.map(({ rule }) => rule)).toEqual(['web']);
    expect(misses[0]!.failed).toEqual({
      ...{ field: 'destination-port', wanted: ['80'], wanted_count: 1, actual: '81' },
    });
  });

  it('stand by the number of failed conditions, not by place', () => {
    const { near_misses: misses } = diagnose(acls, 'in tcp 10.9.9.9 > 10.1.0.5:8443');
    expect(misses.map(({ rule }) => rule)).toEqual(['web', 'admin']);
  });

  it('of an allow are the block rules, and there are none when none is near', () => {
    const rules = [block('scan', 100, { protocols: [6], remote: ['10.7.0.0/16'] }), ...acls];
    const near = diagnose(rules, 'in tcp 10.9.9.9 > 10.1.0.5:80').near_misses;
    expect(near.map(({ rule }) => rule)).toEqual(['scan']);
    expect(diagnose(rules, 'in icmp 10.9.9.9 > 10.1.0.5').near_misses).toEqual([]);
  });
});

describe('the smallest edit', () => {
  it('widens the rule that one condition kept away', () => {
    const acls = [allow('web', 100, { protocols: [6], localPorts: [80] })];
    const { smallest_edit: edit } = diagnose(acls, 'in tcp 10.9.9.9 > 10.1.0.5:81');
    expect(edit).toMatchObject({
      changes: [{ kind: 'widen', rule: 'web', add: [{ field: 'destination-port', value: '81' }] }],
      decision: { verdict: 'allow' },
    });
  });

  it('adds a rule before the one that blocks', () => {
    const acls = [block('none', 500), allow('web', 600, { protocols: [6] })];
    const { smallest_edit: edit } = diagnose(acls, 'in tcp 10.9.9.9 > 10.1.0.5:81');
    expect(edit?.changes[0]).toMatchObject({ kind: 'remove', rule: 'none' });
    const alone = diagnose([block('none', 500)], 'in tcp 10.9.9.9 > 10.1.0.5:81').smallest_edit;
    expect(alone?.changes[0]).toMatchObject({ kind: 'add', action: 'allow', priority: 499 });
  });

  it('removes the rule that allows', () => {
    const acls = [allow('web', 100, { protocols: [6], localPorts: [80] })];
    const { smallest_edit: edit } = diagnose(acls, 'in tcp 10.9.9.9 > 10.1.0.5:80');
    expect(edit).toMatchObject({
      ...{ changes: [{ kind: 'remove', rule: 'web' }], decision: { verdict: 'drop' } },
    });
  });

  it('is none where no rule decided', () => {
    const acls = [allow('all', 100)];
    const diagnosis = diagnose(acls, 'in tcp 10.9.9.9 > 10.1.0.5:80 flags RA');
    expect(diagnosis.decision.reason).toBe('non-syn-without-state');
    expect(diagnosis.smallest_edit).toBeNull();
    expect(diagnosisText(diagnosis)).toContain('no change of one turns it');
  });

  it('meets the flows of the packets before', () => {
    const acls = [allow('web', 100, { protocols: [6], localPorts: [80] })];
    const compiled = compileHost(podHost(acls));
    const answer = 'out tcp 10.1.0.5:80 > 10.9.9.9:4000 flags SA';
    expect(explain(compiled, answer).decision.verdict).toBe('drop');
    const after = ['in tcp 10.9.9.9:4000 > 10.1.0.5:80'];
    expect(explain(compiled, answer, { after }).decision).toMatchObject({
      ...{ verdict: 'allow', reason: 'established', flow: 1 },
    });
  });

  it(`is judged alike by the oracle, for each change tried (seeds from ${FIRST_SEED})`, () => {
    let changes = 0;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + 8; seed++) {
      const random = new Random(seed);
      const host = drawHost(random);
      const compiled = compileHost(host);
      for (const tuple of drawTuples(random, host, 25)) {
        const explanation = new Simulator(compiled).explain(tuple);
        for (const edit of editsFor(explanation, host)) {
          const edited = applyEdit(host, edit);
          const { decision } = new Simulator(compileHost(edited)).explain(tuple);
          const read = new Reference(edited, { stateless: false }).judge(tuple);
          const { verdict } = read.find((record) => record.verdict === 'drop') ?? read.at(-1)!;
          expect({ seed, edit: edit.kind, verdict: decision.verdict }).toEqual({
            ...{ seed, edit: edit.kind, verdict },
          });
          changes++;
        }
      }
    }
    expect(changes).toBeGreaterThan(150);
  });
});

it(`every answer is of the published form (seeds from ${FIRST_SEED})`, () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + 15; seed++) {
    const random = new Random(seed);
    const host = drawHost(random);
    const compiled = compileHost(host);
    for (const tuple of drawTuples(random, host, 10)) {
      const diagnosis = explain(compiled, tuple);
      expect(diagnosisSchema.parse(diagnosis)).toEqual(diagnosis);
      expect(JSON.parse(JSON.stringify(diagnosis))).toEqual(diagnosis);
    }
  }
});

describe('the text', () => {
  it('shows the path, the near miss and the change of a forgotten probe', () => {
    const text = diagnosisText(explain(web, 'tcp 10.244.1.2 > 10.244.1.10:8080'));
    expect(text.replaceAll(ROOT, '')).toMatchInlineSnapshot(`
      "tcp 10.244.1.2:49152 > 10.244.1.10:8080 [S]
      DROPPED at web, inbound, switch stage: implicit-deny (the stage has ACLs and none of them matched)

      web, inbound
        switch ACL_ENDPOINT_LAYER: drop by implicit-deny (the stage has ACLs and none of them matched)
          ACL_ENDPOINT_GROUP_IPV4_IN: 3 rules asked, none matches
            no  web-block-management  block 210  destination port 8080 is not 5985-5986, 3389, 445, 139 or 2 more  examples/web-pod/web.policy.json:13
            no  web-clients           allow 300  destination port 8080 is not 443 or 80                            examples/web-pod/web.policy.json:25
            no  web-ping              allow 310  protocol tcp is not icmp                                          examples/web-pod/web.policy.json:37

      Near misses
        web-clients (examples/web-pod/web.policy.json:25) would let it pass: destination port 8080 is not 443 or 80

      Smallest change that lets it pass  verified by judging it again
        web-clients (examples/web-pod/web.policy.json:25): take also destination port 8080
      "
    `);
  });

  it('shows the flow that an answer belongs to', () => {
    const after = ['tcp 10.244.1.50:4000 > 10.244.1.10:80'];
    const answer = 'tcp 10.244.1.10:80 > 10.244.1.50:4000 flags SA';
    const text = diagnosisText(explain(web, answer, { after }));
    expect(text.replaceAll(ROOT, '')).toMatchInlineSnapshot(`
      "tcp 10.244.1.10:80 > 10.244.1.50:4000 [SA]
      ALLOWED at web, outbound, switch stage: established, web-clients

      web, outbound
        host HOST_FIREWALL: allow by established
          belongs to flow 1, opened inbound, let in by the default default-allow-inbound, syn, ends in 21.0 s without packets
        switch ACL_ENDPOINT_LAYER: allow by established, web-clients (examples/web-pod/web.policy.json:25)
          belongs to flow 1, opened inbound, let in by web-clients (examples/web-pod/web.policy.json:25), syn, ends in 240.0 s without packets

      Smallest change that drops it  verified by judging it again
        remove web-clients (examples/web-pod/web.policy.json:25)
      "
    `);
  });

  it('shows of many rules the nearest', () => {
    const acls = Array.from({ length: 500 }, (_, i) =>
      allow(`rule-${i}`, 100 + i, { protocols: [i % 7 === 0 ? 6 : 17], localPorts: [1000 + i] }),
    );
    const text = diagnosisText(diagnose(acls, 'in tcp 10.9.9.9 > 10.1.0.5:1001'));
    expect(text.split('\n').length).toBeLessThan(40);
    expect(text).toContain('500 rules asked, none matches');
    expect(text).toContain('… and 488 that are further away');
    expect(text).toContain('destination port 1001 is not 1000');
  });

  it('cannot move a cursor', () => {
    const acls = [block('\u001b[2J\u202eevil', 100)];
    expect(diagnosisText(diagnose(acls, 'in tcp 10.9.9.9 > 10.1.0.5:1'))).not.toMatch(
      // eslint-disable-next-line no-control-regex
      /[\u001b\u202e]/,
    );
  });
});
