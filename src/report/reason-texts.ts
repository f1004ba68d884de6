/** The words of the closed list of reasons for people. Source: docs/SEMANTICS.md 6. */

/** What each reason means, for those who meet it first. */
export const EXPLANATIONS: Readonly<Record<string, string>> = {
  'implicit-deny': 'the stage has ACLs and none of them matched',
  'default-allow': 'implicitDeny leaves this direction open',
  'default-allow-inbound': 'without ACLs TCP, UDP, ICMP and IGMP come in',
  'default-allow-outbound': 'without ACLs everything goes out',
  'port-mapping-allow': 'a published port',
  'firewall-off': 'the option hostFirewall is off',
  'default-deny-other-protocol': 'without ACLs only TCP, UDP, ICMP and IGMP come in unsolicited',
  'default-deny-inbound': 'before build 16299 nothing comes in unsolicited',
  'non-syn-without-state': 'TCP without a connection, e.g. a RST that answers nothing',
  'fragment-without-first': 'a later fragment whose first was not seen',
  'flow-limit': 'the flow table of the stage is full',
  shielded: 'the profile takes no inbound connection (DoNotAllowExceptions)',
  'query-user-default': 'no firewall rule allows it, and the profile blocks inbound by default',
  'default-inbound-allow': 'no firewall rule blocks it, and the profile allows inbound by default',
  'default-outbound-allow':
    'no firewall rule blocks it, and the profile allows outbound by default',
  'default-outbound-block':
    'no firewall rule allows it, and the profile blocks outbound by default',
  stealth: 'it would tell that a port is closed',
  indeterminate: 'it hangs on a condition that nothing settles (unknownConditions: report)',
  'translation-conflict': 'its answers could not be told from those of another connection',
  'port-blocked': 'the switch port is blocked',
  'port-not-filtered': 'VFP is not enabled on the switch port',
  'invalid-packet': 'headers contradict themselves',
  'invalid-tcp': 'flags that no end of a connection sends, or a SYN of the end that answered',
  'reply-without-request': 'an ICMP answer that nothing asked for (midstream: strict)',
  'no-endpoint': 'neither address is of an endpoint of the model',
  'not-ip': 'ARP and other frames without IP',
  'cut-capture': 'the capture was cut before the ports',
  loopback: '127.0.0.0/8 or ::1',
  'own-address': 'an endpoint to itself',
  duplicate: 'another record of a packet that was judged (packet id)',
  'ambiguous-endpoint': 'several endpoints have the address and no MAC tells them apart',
};
