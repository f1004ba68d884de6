// The link types whose packets can be read. packet/walk_link.h has one entrance for each.
// Source: https://www.tcpdump.org/linktypes.html
#pragma once

#include "capture/capture_record.h"

namespace portacl {

inline constexpr LinkType kLinkNull = 0;
inline constexpr LinkType kLinkPpp = 9;
// Raw IP as some systems number it in files, though the registry says 101: libpcap and tshark read
// both as raw IP. Source: libpcap pcap-common.c, DLT_RAW.
inline constexpr LinkType kLinkRawOld = 12;
inline constexpr LinkType kLinkRawOpenBsd = 14;
inline constexpr LinkType kLinkPppHdlc = 50;
inline constexpr LinkType kLinkPppoe = 51;
inline constexpr LinkType kLinkAtmRfc1483 = 100;  // frames that begin with LLC
inline constexpr LinkType kLinkRaw = 101;
inline constexpr LinkType kLink80211 = 105;
inline constexpr LinkType kLinkLoop = 108;
inline constexpr LinkType kLinkSll = 113;
inline constexpr LinkType kLinkRadiotap = 127;
inline constexpr LinkType kLinkIpv4 = 228;
inline constexpr LinkType kLinkIpv6 = 229;
inline constexpr LinkType kLinkSll2 = 276;

constexpr bool is_known(LinkType type) {
  switch (type) {
    case kLinkEthernet:
    case kLinkNull:
    case kLinkPpp:
    case kLinkRawOld:
    case kLinkRawOpenBsd:
    case kLinkPppHdlc:
    case kLinkPppoe:
    case kLinkAtmRfc1483:
    case kLinkRaw:
    case kLink80211:
    case kLinkLoop:
    case kLinkSll:
    case kLinkRadiotap:
    case kLinkIpv4:
    case kLinkIpv6:
    case kLinkSll2:
      return true;
    default:
      return false;
  }
}

}  // namespace portacl
