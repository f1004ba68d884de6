/** What a layer keeps of a packet that a later one drops. Source: vfp.md 15.2; A10. */
import { describe, expect, it } from 'vitest';
import { group, layer, port } from './switch-model.js';

/** Nearest to the container: lets out alone. Farther: lets in alone. */
const NEAR = layer([group('out', 'near * * * * * 3 1 allow')], 0, 15, 'NEAR');
const FAR = layer([group('in', 'far * * * * * 3 1 allow')], 0, 50, 'FAR');
const ASK = 'out udp 10.1.0.5:5000 > 10.9.9.9:53';
const ANSWER = 'in udp 10.9.9.9:53 > 10.1.0.5:5000';

describe('a packet that a later layer drops', () => {
  it.each([
    [undefined, 'drop implicit-deny'],
    ['none', 'drop implicit-deny'],
    ['keep', 'allow far'],
  ] as const)('with flowsOfDropped %s leaves no flow, or one', (flowsOfDropped, answered) => {
    const options = flowsOfDropped === undefined ? {} : { flowsOfDropped };
    const { records } = port(`${NEAR}\n${FAR}`, options);
    expect(port(`${NEAR}\n${FAR}`, options).judge(ANSWER)).toEqual(['drop implicit-deny']);
    const [asked] = records(ASK);
    expect(asked).toMatchObject({ verdict: 'drop', reason: 'implicit-deny', flow: null });
    const [answer] = records(ANSWER);
    expect(`${answer!.verdict} ${answer!.verdict === 'allow' ? 'far' : answer!.reason}`).toBe(
      answered,
    );
  });

  it('needs room where it leaves one', () => {
    const other = 'out udp 10.1.0.5:5001 > 10.9.9.9:53';
    const full = port(`${NEAR}\n${FAR}`, { flowsOfDropped: 'keep', flowLimit: 1 });
    expect(full.judge(ASK, other)).toEqual(['drop implicit-deny', 'drop flow-limit']);
    const none = port(`${NEAR}\n${FAR}`, { flowLimit: 1 });
    expect(none.judge(ASK, other)).toEqual(['drop implicit-deny', 'drop implicit-deny']);
  });
});
