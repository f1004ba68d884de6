// Every link type that is read, by the number with which fuzz_headers chooses one.
#pragma once

#include "capture/link_type.h"

namespace portacl::fuzz {

// Ethernet twice: nearly every capture is of it.
inline constexpr LinkType kLinkTypes[] = {
    kLinkEthernet, kLinkEthernet, kLinkNull, kLinkPpp,   kLinkRawOld,     kLinkRawOpenBsd,
    kLinkPppHdlc,  kLinkPppoe,    kLinkRaw,  kLink80211, kLinkLoop,       kLinkSll,
    kLinkRadiotap, kLinkIpv4,     kLinkIpv6, kLinkSll2,  kLinkAtmRfc1483,
};

}  // namespace portacl::fuzz
