// The web pod of examples/web-pod under Jest, as its users write it: every matcher of `portacl/jest`
// passes, fails with a message that explains, and is turned round.
import { expect, test } from '@jest/globals';
import { Session, loadHost, tcp, tcpConversation } from 'portacl';

const { compiled: host } = await loadHost({
  host: `${process.env.PORTACL_ROOT}/examples/web-pod/host.yaml`,
});
const client = '10.20.1.5:4000';
const web = '10.244.1.10:443';
const desktop = tcp(client, '10.244.1.10:3389');

/** The message of an expectation that must fail. */
function messageOf(expectation) {
  try {
    expectation();
  } catch (error) {
    return error.message;
  }
  throw new Error('the expectation holds');
}

test('lets clients talk to the web port', () => {
  expect(host).toAllow(
    tcpConversation(client, web).handshake().request('GET /').reply('ok').close(),
  );
  expect(host).toAllowReply(tcp(client, web));
  expect(host).not.toDrop(tcp(client, web));
});

test('keeps remote desktop closed, and says by what', () => {
  expect(host).toDrop(desktop, { by: 'web-block-management' });
  expect(host).toBeDecidedBy(desktop, 'web-block-management');
  expect(host).not.toAllow(desktop);
  const message = messageOf(() => expect(host).toAllow(desktop));
  expect(message).toMatch(/web-block-management/);
  expect(message).toMatch(/web\.policy\.json:\d+:\d+/);
});

test('is asymmetric too', () => {
  expect({ host }).toEqual({ host: expect.toAllow(tcp(client, web)) });
  expect({ host }).not.toEqual({ host: expect.toAllow(desktop) });
});

test('has sessions with a clock', () => {
  const session = new Session(host);
  expect(session).toAllow(tcpConversation('10.244.1.10:4000', '10.244.1.20:5432').handshake());
  session.advance(300);
  const late = tcp('10.244.1.20:5432', '10.244.1.10:4000', { flags: 'PA' });
  expect(session).toDrop(late, { reason: 'implicit-deny' });
});

test('takes bytes of this realm, and refuses what is none of them', () => {
  expect(host).toAllow({ ...tcp(client, web), bytes: Uint8Array.from(tcp(client, web).bytes) });
  expect(() => new Session(host).send({ bytes: [1, 2, 3] })).toThrow(/bytes/);
});
