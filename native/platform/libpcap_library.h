// libpcap, where this machine has it: loaded when it is asked for, to be measured against. Nothing
// that judges needs it.
//
// Threads: a library may be shared; an open capture belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

struct pcap;

namespace portacl {

class LibpcapLibrary {
 public:
  struct Packet {
    const uint8_t* bytes;  // valid until the next one is read
    uint32_t captured_bytes;
    uint32_t original_bytes;
  };

  // A capture that is open; closed with it.
  class Capture {
   public:
    ~Capture();
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;

    // As files number it.
    int link_type() const;
    bool next(Packet& packet);

   private:
    friend class LibpcapLibrary;
    Capture(const LibpcapLibrary& library, pcap* handle) : library_(library), handle_(handle) {}

    const LibpcapLibrary& library_;
    pcap* handle_;
  };

  // Null where there is no libpcap, or one without the functions that are needed.
  static std::unique_ptr<const LibpcapLibrary> load();
  ~LibpcapLibrary();
  LibpcapLibrary(const LibpcapLibrary&) = delete;
  LibpcapLibrary& operator=(const LibpcapLibrary&) = delete;

  // Null for what libpcap does not read; `why` is what it says. Requires: the library outlives it.
  std::unique_ptr<Capture> open(const std::string& path, std::string& why) const;

 private:
  LibpcapLibrary() = default;
  bool find_functions();

  // As pcap/pcap.h declares them. Source: man 3PCAP pcap.
  struct Header;
  void* library_ = nullptr;
  pcap* (*open_offline_)(const char*, char*) = nullptr;
  int (*next_ex_)(pcap*, Header**, const uint8_t**) = nullptr;
  int (*datalink_)(pcap*) = nullptr;
  void (*close_)(pcap*) = nullptr;
};

}  // namespace portacl
