// Addresses as people write them.
#pragma once

#include "base/ip.h"
#include "base/text_sink.h"

namespace portacl {

// Dotted decimal for IPv4; for IPv6 lower case with the longest run of zeros left out.
// Source: RFC 5952 4.
void append_address(TextSink& sink, Family family, const IpAddress& address);

}  // namespace portacl
