#include "platform/libpcap_library.h"

#ifndef _WIN32
#include <dlfcn.h>
#include <sys/time.h>

#include <type_traits>
#endif

namespace portacl {

#ifdef _WIN32

// Npcap's library lies outside the folders that Windows searches; nobody has asked for it yet.
struct LibpcapLibrary::Header {};
std::unique_ptr<const LibpcapLibrary> LibpcapLibrary::load() { return nullptr; }
LibpcapLibrary::~LibpcapLibrary() = default;
std::unique_ptr<LibpcapLibrary::Capture> LibpcapLibrary::open(const std::string&,
                                                              std::string&) const {
  return nullptr;
}
LibpcapLibrary::Capture::~Capture() = default;
int LibpcapLibrary::Capture::link_type() const { return -1; }
bool LibpcapLibrary::Capture::next(Packet&) { return false; }

#else

// struct pcap_pkthdr. Source: pcap/pcap.h.
struct LibpcapLibrary::Header {
  timeval time;
  uint32_t captured_bytes;
  uint32_t original_bytes;
};

std::unique_ptr<const LibpcapLibrary> LibpcapLibrary::load() {
  // Of most systems, of Debian and its kin, of macOS.
  constexpr const char* kNames[] = {"libpcap.so.1", "libpcap.so.0.8", "libpcap.A.dylib"};
  for (const char* const name : kNames) {
    void* const handle = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) continue;
    std::unique_ptr<LibpcapLibrary> library(new LibpcapLibrary());
    library->library_ = handle;
    if (library->find_functions()) return library;
  }
  return nullptr;
}

LibpcapLibrary::~LibpcapLibrary() {
  if (library_ != nullptr) ::dlclose(library_);
}

bool LibpcapLibrary::find_functions() {
  const auto find = [this](const char* name, auto& function) {
    function =
        reinterpret_cast<std::remove_reference_t<decltype(function)> >(::dlsym(library_, name));
    return function != nullptr;
  };
  return find("pcap_open_offline", open_offline_) && find("pcap_next_ex", next_ex_) &&
         find("pcap_datalink", datalink_) && find("pcap_close", close_);
}

std::unique_ptr<LibpcapLibrary::Capture> LibpcapLibrary::open(const std::string& path,
                                                              std::string& why) const {
  constexpr size_t kErrorBytes = 256;  // PCAP_ERRBUF_SIZE
  char error[kErrorBytes] = "";
  pcap* const handle = open_offline_(path.c_str(), error);
  if (handle == nullptr) {
    why = error;
    return nullptr;
  }
  return std::unique_ptr<Capture>(new Capture(*this, handle));
}

LibpcapLibrary::Capture::~Capture() { library_.close_(handle_); }

// libpcap numbers some types otherwise than files do. Source: libpcap pcap-common.c.
int LibpcapLibrary::Capture::link_type() const {
  constexpr int kDltAtmRfc1483 = 11, kFileAtmRfc1483 = 100;
  const int type = library_.datalink_(handle_);
  return type == kDltAtmRfc1483 ? kFileAtmRfc1483 : type;
}

bool LibpcapLibrary::Capture::next(Packet& packet) {
  constexpr int kRead = 1;
  Header* header = nullptr;
  if (library_.next_ex_(handle_, &header, &packet.bytes) != kRead) return false;
  packet.captured_bytes = header->captured_bytes;
  packet.original_bytes = header->original_bytes;
  return true;
}

#endif

}  // namespace portacl
