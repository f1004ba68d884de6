// The same policies as a Vitest suite:
//   npx vitest run --config examples/vitest.config.mjs
import { fileURLToPath } from 'node:url';
import { Session, loadHost, tcp, tcpConversation } from 'portacl';
import 'portacl/vitest';
import { expect, it } from 'vitest';

const { compiled: host } = await loadHost({
  host: fileURLToPath(new URL('host.yaml', import.meta.url)),
});
const client = '10.20.1.5:4000';
const web = '10.244.1.10:443';

it('lets clients talk to the web port', () => {
  expect(host).toAllow(
    tcpConversation(client, web).handshake().request('GET /').reply('ok').close(),
  );
  expect(host).toAllowReply(tcp(client, web));
});

it('keeps remote desktop closed', () => {
  expect(host).toDrop(tcp(client, '10.244.1.10:3389'), { by: 'web-block-management' });
});

it('forgets a database connection that is idle for five minutes', () => {
  const pooled = tcpConversation('10.244.1.10:4000', '10.244.1.20:5432').handshake();
  const session = new Session(host);
  expect(session).toAllow(pooled);
  session.advance(300);
  expect(session).toDrop(tcp('10.244.1.20:5432', '10.244.1.10:4000', { flags: 'PA' }), {
    reason: 'implicit-deny',
  });
});
