// Names of registered numbers, as network engineers say them, for text that people read. What has
// no name here is a null pointer: the number is printed then.
// Source: IANA "Protocol Numbers", "ICMP Type Numbers", "ICMPv6 Parameters", "IGMP Type Numbers",
// "IEEE 802 Numbers", "PPP DLL Protocol Numbers"; IEEE 802.2 for access points.
#pragma once

#include <cstdint>

namespace portacl {

const char* protocol_name(uint8_t protocol);
const char* ether_type_name(uint16_t type);
const char* ppp_protocol_name(uint16_t protocol);

// What an LLC header names as its destination.
const char* access_point_name(uint8_t access_point);

// What SNAP carries for an organisation that numbers protocols by itself.
const char* snap_name(uint32_t organisation, uint16_t type);

// An ICMP or ICMPv6 message; where its code has a name of its own, that one.
const char* icmp_name(uint8_t type, uint8_t code);
const char* icmpv6_name(uint8_t type, uint8_t code);

const char* igmp_name(uint8_t type);

}  // namespace portacl
