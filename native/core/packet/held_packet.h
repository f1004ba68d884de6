// A packet with the headers inside it, wherever it is copied to.
#pragma once

#include <array>

#include "packet/outer_headers.h"
#include "packet/packet_headers.h"

namespace portacl {

class HeldPacket {
 public:
  explicit HeldPacket(const PacketHeaders& packet) { hold(packet); }
  HeldPacket(const HeldPacket& other) { hold(other.packet_); }
  HeldPacket& operator=(const HeldPacket& other) {
    if (this != &other) hold(other.packet_);
    return *this;
  }

  const PacketHeaders& get() const { return packet_; }

 private:
  // Deeper than layers put headers on, packets inside stay where they are: with who wrote them.
  void hold(const PacketHeaders& packet) {
    packet_ = packet;
    PacketHeaders* at = &packet_;
    for (PacketHeaders& inside : carried_) {
      if (at->carried == nullptr) break;
      inside = *at->carried;
      at->carried = &inside;
      at = &inside;
    }
    if (at->quoted_headers == nullptr) return;
    quoted_ = *at->quoted_headers;
    at->quoted_headers = &quoted_;
  }

  PacketHeaders packet_;
  std::array<PacketHeaders, kOuterHeadersMax> carried_;
  PacketHeaders quoted_;
};

}  // namespace portacl
