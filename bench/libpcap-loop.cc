// The baseline: libpcap's bare read loop over a capture, nothing done with the packets.
//
//   libpcap-loop CAPTURE [PASSES]    prints one JSON object a pass: packets, seconds
#include <pcap/pcap.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: libpcap-loop CAPTURE [PASSES]\n");
    return 2;
  }
  const int passes = argc > 2 ? std::atoi(argv[2]) : 1;
  for (int pass = 0; pass < passes; ++pass) {
    char error[PCAP_ERRBUF_SIZE];
    const auto begin = std::chrono::steady_clock::now();
    pcap_t* capture = pcap_open_offline(argv[1], error);
    if (capture == nullptr) {
      std::fprintf(stderr, "%s\n", error);
      return 1;
    }
    uint64_t packets = 0;
    uint64_t bytes = 0;
    pcap_pkthdr* header;
    const u_char* data;
    while (pcap_next_ex(capture, &header, &data) == 1) {
      ++packets;
      bytes += header->caplen;
    }
    pcap_close(capture);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("{\"packets\":%llu,\"bytes\":%llu,\"seconds\":%.6f}\n",
                static_cast<unsigned long long>(packets), static_cast<unsigned long long>(bytes),
                took.count());
  }
  return 0;
}
