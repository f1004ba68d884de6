// One packet in a few words.
#pragma once

#include <string>

#include "packet/packet_headers.h"

namespace portacl {

// E.g. "TCP 10.9.9.9:4000 > 10.1.0.5:80 SYN"; "not IP" where there is no header to tell of.
std::string packet_text(const PacketHeaders& packet);

}  // namespace portacl
