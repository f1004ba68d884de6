import 'portacl/jest';
import { Session, tcp, type CompiledHost } from 'portacl';

export function typed(host: CompiledHost, session: Session): void {
  const packet = tcp('10.9.9.9:4000', '10.1.0.5:80');
  expect(host).toAllow(packet);
  expect(session).not.toDrop(packet, { by: 'rule' });
  expect(host).toBeDecidedBy(packet, null);
  expect(session).toHaveCoverage({ rules: 50 });
  // @ts-expect-error: a packet is no text
  expect(host).toAllow('tcp');
}
