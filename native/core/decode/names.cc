#include "decode/names.h"

#include <cstddef>

namespace portacl {

namespace {

struct Named {
  uint32_t number;
  const char* name;
};

template <size_t kCount>
const char* find(const Named (&rows)[kCount], uint32_t number) {
  for (const Named& row : rows) {
    if (row.number == number) return row.name;
  }
  return nullptr;
}

constexpr Named kProtocols[] = {
    {0, "HOPOPT"},      {1, "ICMP"},       {2, "IGMP"},       {3, "GGP"},        {4, "IPv4"},
    {5, "ST"},          {6, "TCP"},        {7, "CBT"},        {8, "EGP"},        {9, "IGP"},
    {12, "PUP"},        {17, "UDP"},       {20, "HMP"},       {22, "XNS-IDP"},   {27, "RDP"},
    {29, "ISO-TP4"},    {33, "DCCP"},      {36, "XTP"},       {41, "IPv6"},      {42, "SDRP"},
    {43, "IPv6-Route"}, {44, "IPv6-Frag"}, {45, "IDRP"},      {46, "RSVP"},      {47, "GRE"},
    {48, "DSR"},        {50, "ESP"},       {51, "AH"},        {54, "NARP"},      {55, "Min-IPv4"},
    {58, "ICMPv6"},     {59, "no next"},   {60, "IPv6-Opts"}, {88, "EIGRP"},     {89, "OSPF"},
    {94, "IPIP"},       {97, "EtherIP"},   {98, "ENCAP"},     {103, "PIM"},      {108, "IPComp"},
    {111, "IPX-in-IP"}, {112, "VRRP"},     {113, "PGM"},      {115, "L2TP"},     {124, "IS-IS"},
    {132, "SCTP"},      {133, "FC"},       {134, "RSVP-E2E"}, {135, "Mobility"}, {136, "UDP-Lite"},
    {137, "MPLS"},      {138, "MANET"},    {139, "HIP"},      {140, "Shim6"},    {141, "WESP"},
    {142, "ROHC"},      {143, "Ethernet"}, {144, "AGGFRAG"},  {145, "NSH"},
};

constexpr Named kEtherTypes[] = {
    {0x0800, "IPv4"},
    {0x0806, "ARP"},
    {0x0842, "Wake-on-LAN"},
    {0x22EA, "stream reservation"},
    {0x22EB, "ERSPAN III"},
    {0x6002, "DEC MOP"},
    {0x6003, "DECnet"},
    {0x6004, "DEC LAT"},
    {0x6558, "Ethernet"},
    {0x8035, "RARP"},
    {0x809B, "AppleTalk"},
    {0x80F3, "AARP"},
    {0x8100, "VLAN"},
    {0x8137, "IPX"},
    {0x86DD, "IPv6"},
    {0x8808, "pause"},
    {0x8809, "slow protocols (LACP)"},
    {0x880B, "PPP"},
    {0x8847, "MPLS"},
    {0x8848, "MPLS multicast"},
    {0x8863, "PPPoE discovery"},
    {0x8864, "PPPoE session"},
    {0x887B, "HomePlug"},
    {0x888E, "EAPOL"},
    {0x8892, "PROFINET"},
    {0x88A2, "ATA over Ethernet"},
    {0x88A4, "EtherCAT"},
    {0x88A8, "provider VLAN"},
    {0x88B5, "local experiment 1"},
    {0x88B6, "local experiment 2"},
    {0x88B8, "GOOSE"},
    {0x88BA, "sampled values"},
    {0x88BE, "ERSPAN"},
    {0x88C7, "EAPOL pre-authentication"},
    {0x88CC, "LLDP"},
    {0x88E1, "HomePlug AV"},
    {0x88E3, "MRP"},
    {0x88E5, "MACsec"},
    {0x88E7, "backbone service tag"},
    {0x88F5, "MVRP"},
    {0x88F6, "MMRP"},
    {0x88F7, "PTP"},
    {0x88FB, "PRP"},
    {0x8902, "CFM"},
    {0x8906, "FCoE"},
    {0x8914, "FIP"},
    {0x8915, "RoCE"},
    {0x892F, "HSR"},
    {0x893A, "IEEE 1905"},
    {0x894F, "NSH"},
    {0x9000, "loopback test"},
    {0x9100, "VLAN (9100)"},
};

constexpr Named kPppProtocols[] = {
    {0x0021, "IPv4"},
    {0x002B, "IPX"},
    {0x002D, "TCP/IP compressed"},
    {0x002F, "TCP/IP uncompressed"},
    {0x0031, "bridging"},
    {0x003D, "multilink"},
    {0x0053, "encryption"},
    {0x0057, "IPv6"},
    {0x00FD, "compressed"},
    {0x0281, "MPLS"},
    {0x0283, "MPLS multicast"},
    {0x8021, "IPCP"},
    {0x802B, "IPXCP"},
    {0x8031, "BCP"},
    {0x8053, "ECP"},
    {0x8057, "IPV6CP"},
    {0x80FD, "CCP"},
    {0x8281, "MPLSCP"},
    {0xC021, "LCP"},
    {0xC023, "PAP"},
    {0xC025, "LQR"},
    {0xC223, "CHAP"},
    {0xC227, "EAP"},
};

constexpr Named kAccessPoints[] = {
    {0x06, "IPv4"}, {0x42, "STP"},     {0x7E, "X.25"},           {0x98, "ARP"}, {0xAA, "SNAP"},
    {0xE0, "IPX"},  {0xF0, "NetBIOS"}, {0xF4, "LAN management"}, {0xFE, "ISO"}, {0xFF, "IPX raw"},
};

// The organisation above the type.
constexpr uint32_t snap_key(uint32_t organisation, uint16_t type) {
  return (organisation & 0xFFFF) << 16 | type;
}
constexpr uint32_t kCisco = 0x00000C, kApple = 0x080007;
constexpr Named kSnap[] = {
    {snap_key(kCisco, 0x010B), "PVST+"},     {snap_key(kCisco, 0x0111), "UDLD"},
    {snap_key(kCisco, 0x0104), "PAgP"},      {snap_key(kCisco, 0x2000), "CDP"},
    {snap_key(kCisco, 0x2003), "VTP"},       {snap_key(kCisco, 0x2004), "DTP"},
    {snap_key(kApple, 0x809B), "AppleTalk"},
};

// Codes that are said instead of their type.
constexpr uint32_t with_code(uint8_t type, uint8_t code) { return type << 8 | code; }

constexpr Named kIcmpCodes[] = {
    {with_code(3, 0), "net unreachable"},
    {with_code(3, 1), "host unreachable"},
    {with_code(3, 2), "protocol unreachable"},
    {with_code(3, 3), "port unreachable"},
    {with_code(3, 4), "fragmentation needed"},
    {with_code(3, 5), "source route failed"},
    {with_code(3, 6), "net unknown"},
    {with_code(3, 7), "host unknown"},
    {with_code(3, 8), "source host isolated"},
    {with_code(3, 9), "net prohibited"},
    {with_code(3, 10), "host prohibited"},
    {with_code(3, 11), "net unreachable for this service"},
    {with_code(3, 12), "host unreachable for this service"},
    {with_code(3, 13), "administratively prohibited"},
    {with_code(3, 14), "host precedence violation"},
    {with_code(3, 15), "precedence cutoff"},
    {with_code(5, 0), "redirect for net"},
    {with_code(5, 1), "redirect for host"},
    {with_code(5, 2), "redirect for service and net"},
    {with_code(5, 3), "redirect for service and host"},
    {with_code(11, 0), "time to live exceeded"},
    {with_code(11, 1), "reassembly time exceeded"},
};
constexpr Named kIcmpTypes[] = {
    {0, "echo reply"},
    {3, "destination unreachable"},
    {4, "source quench"},
    {5, "redirect"},
    {8, "echo request"},
    {9, "router advertisement"},
    {10, "router solicitation"},
    {11, "time exceeded"},
    {12, "parameter problem"},
    {13, "timestamp request"},
    {14, "timestamp reply"},
    {15, "information request"},
    {16, "information reply"},
    {17, "address mask request"},
    {18, "address mask reply"},
    {30, "traceroute"},
    {42, "extended echo request"},
    {43, "extended echo reply"},
};

constexpr Named kIcmpv6Codes[] = {
    {with_code(1, 0), "no route"},
    {with_code(1, 1), "administratively prohibited"},
    {with_code(1, 2), "beyond scope of source"},
    {with_code(1, 3), "address unreachable"},
    {with_code(1, 4), "port unreachable"},
    {with_code(1, 5), "source address refused by policy"},
    {with_code(1, 6), "route rejected"},
    {with_code(3, 0), "hop limit exceeded"},
    {with_code(3, 1), "reassembly time exceeded"},
    {with_code(4, 0), "erroneous header field"},
    {with_code(4, 1), "unknown next header"},
    {with_code(4, 2), "unknown option"},
    {with_code(4, 3), "incomplete header chain in first fragment"},
};
constexpr Named kIcmpv6Types[] = {
    {1, "destination unreachable"},
    {2, "packet too big"},
    {3, "time exceeded"},
    {4, "parameter problem"},
    {128, "echo request"},
    {129, "echo reply"},
    {130, "multicast listener query"},
    {131, "multicast listener report"},
    {132, "multicast listener done"},
    {133, "router solicitation"},
    {134, "router advertisement"},
    {135, "neighbour solicitation"},
    {136, "neighbour advertisement"},
    {137, "redirect"},
    {138, "router renumbering"},
    {139, "node information query"},
    {140, "node information reply"},
    {141, "inverse neighbour solicitation"},
    {142, "inverse neighbour advertisement"},
    {143, "multicast listener report v2"},
    {144, "home agent discovery request"},
    {145, "home agent discovery reply"},
    {146, "mobile prefix solicitation"},
    {147, "mobile prefix advertisement"},
    {148, "certification path solicitation"},
    {149, "certification path advertisement"},
    {151, "multicast router advertisement"},
    {152, "multicast router solicitation"},
    {153, "multicast router termination"},
    {155, "RPL control"},
    {157, "duplicate address request"},
    {158, "duplicate address confirmation"},
    {160, "extended echo request"},
    {161, "extended echo reply"},
};

constexpr Named kIgmpTypes[] = {
    {0x11, "membership query"},
    {0x12, "membership report v1"},
    {0x13, "DVMRP"},
    {0x14, "PIM v1"},
    {0x16, "membership report v2"},
    {0x17, "leave group"},
    {0x22, "membership report v3"},
};

}  // namespace

const char* protocol_name(uint8_t protocol) { return find(kProtocols, protocol); }
const char* ether_type_name(uint16_t type) { return find(kEtherTypes, type); }
const char* ppp_protocol_name(uint16_t protocol) { return find(kPppProtocols, protocol); }
const char* access_point_name(uint8_t access_point) { return find(kAccessPoints, access_point); }

const char* snap_name(uint32_t organisation, uint16_t type) {
  const bool known = organisation == kCisco || organisation == kApple;
  return known ? find(kSnap, snap_key(organisation, type)) : nullptr;
}

const char* icmp_name(uint8_t type, uint8_t code) {
  const char* const name = find(kIcmpCodes, with_code(type, code));
  return name != nullptr ? name : find(kIcmpTypes, type);
}
const char* icmpv6_name(uint8_t type, uint8_t code) {
  const char* const name = find(kIcmpv6Codes, with_code(type, code));
  return name != nullptr ? name : find(kIcmpv6Types, type);
}

const char* igmp_name(uint8_t type) { return find(kIgmpTypes, type); }

}  // namespace portacl
