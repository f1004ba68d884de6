// Our flow table, DPDK's rte_hash and std::unordered_map on the same flows and queries, in turn
// within one process.
//
//   versus_rte_hash FLOWS [QUERIES] [PASSES]
//
// Keys are IPv4 tuples of 16 bytes, drawn evenly; every query finds its flow. Prints one JSON
// object: millions of lookups a second and nanoseconds an insertion of each, medians; `differ`:
// contestants whose answers differ from ours.
// Built by peer-driver.mjs (needs Debian's libdpdk-dev).
#include <rte_eal.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "flow/unified_flow.h"

namespace {

using portacl::FlowKey4;

// Ours judges packets by batches of 64; 32 is what rte_hash takes at once.
constexpr size_t kBatch = 64;
constexpr size_t kPeerBatch = 32;

// Seconds of this thread on a CPU: on a machine that others use too, waiting is no part of the
// work.
double now() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

[[noreturn]] void give_up(const char* why) {
  std::fprintf(stderr, "versus_rte_hash: %s\n", why);
  std::exit(1);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

uint64_t drawn(uint64_t& state) {
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// No two are equal: the remote side holds the number of the flow, mixed by an odd factor.
FlowKey4 key_of(uint32_t flow) {
  const uint32_t mixed = flow * 0x9e3779b1u;
  return {0x0af4010a, 0x20000000 | mixed >> 8, 443, static_cast<uint16_t>(1024 + (mixed & 0xff)),
          6};
}

struct KeyHash {
  size_t operator()(const FlowKey4& key) const {
    uint64_t words[2];
    std::memcpy(words, &key, sizeof words);
    uint64_t a = words[0] * 0x9e3779b97f4a7c15 ^ words[1];
    return (a ^ a >> 32) * 0xbf58476d1ce4e5b9;
  }
};

struct Contestant {
  std::string name;
  double insert_ns = 0;
  std::function<uint64_t()> look_up;  // the sum of what was found
  std::vector<double> seconds;
  uint64_t sum = 0;
};

class OwnTable {
 public:
  explicit OwnTable(const std::vector<FlowKey4>& flows) : seed_(42), table_(seed_) {
    for (const FlowKey4& key : flows) {
      if (table_.ipv4().insert(key, hash(key)) == portacl::kNoFlow) give_up("out of memory");
    }
  }

  // As columns.cc and engine.cc do it: hash and prefetch, guess, compare, a batch at a time.
  uint64_t look_up(const std::vector<FlowKey4>& queries) const {
    const auto& table = table_.ipv4();
    const auto prefetch = table.prefetcher();
    const auto guess = table.guesser();
    std::array<uint32_t, kBatch> hashes, guesses;
    uint64_t sum = 0;
    for (size_t i = 0; i < queries.size(); i += kBatch) {
      const size_t count = std::min(kBatch, queries.size() - i);
      for (size_t j = 0; j < count; ++j) prefetch(hashes[j] = hash(queries[i + j]));
      for (size_t j = 0; j < count; ++j) guesses[j] = guess(hashes[j]);
      for (size_t j = 0; j < count; ++j) {
        uint32_t index = guesses[j];
        if (index == portacl::kNoFlow || !(table[index].key == queries[i + j])) {
          index = table.find(queries[i + j], hashes[j]);
        }
        sum += index;
      }
    }
    return sum;
  }

 private:
  uint32_t hash(const FlowKey4& key) const { return portacl::unified_hash(key, seed_); }

  portacl::HashSeed seed_;
  portacl::UnifiedFlowTable table_;
};

class RteTable {
 public:
  explicit RteTable(const std::vector<FlowKey4>& flows) {
    rte_hash_parameters parameters{};
    parameters.name = "flows";
    parameters.entries = static_cast<uint32_t>(flows.size() + flows.size() / 8 + 64);
    parameters.key_len = sizeof(FlowKey4);
    parameters.hash_func = rte_hash_crc;
    parameters.socket_id = SOCKET_ID_ANY;
    hash_ = rte_hash_create(&parameters);
    if (hash_ == nullptr) give_up("rte_hash_create");
    for (uintptr_t i = 0; i < flows.size(); ++i) {
      if (rte_hash_add_key_data(hash_, &flows[i], reinterpret_cast<void*>(i)) < 0) {
        give_up("rte_hash_add_key_data");
      }
    }
  }
  ~RteTable() { rte_hash_free(hash_); }
  RteTable(const RteTable&) = delete;
  RteTable& operator=(const RteTable&) = delete;

  uint64_t look_up(const std::vector<FlowKey4>& queries) const {
    std::array<const void*, kPeerBatch> keys;
    std::array<void*, kPeerBatch> data;
    uint64_t sum = 0;
    for (size_t i = 0; i < queries.size(); i += kPeerBatch) {
      const size_t count = std::min(kPeerBatch, queries.size() - i);
      for (size_t j = 0; j < count; ++j) keys[j] = &queries[i + j];
      uint64_t hits = 0;
      rte_hash_lookup_bulk_data(hash_, keys.data(), static_cast<uint32_t>(count), &hits,
                                data.data());
      for (size_t j = 0; j < count; ++j) sum += reinterpret_cast<uintptr_t>(data[j]);
    }
    return sum;
  }

 private:
  rte_hash* hash_;
};

template <class Make>
auto timed(double& ns_each, size_t flows, Make&& make) {
  const double begin = now();
  auto made = make();
  ns_each = (now() - begin) * 1e9 / static_cast<double>(flows);
  return made;
}

// In turn, the other way round in every other pass, after one that does not count.
void race(std::vector<Contestant>& contestants, int passes) {
  for (int pass = -1; pass < passes; ++pass) {
    for (size_t i = 0; i < contestants.size(); ++i) {
      Contestant& each = contestants[pass % 2 == 0 ? i : contestants.size() - 1 - i];
      const double begin = now();
      each.sum = each.look_up();
      if (pass >= 0) each.seconds.push_back(now() - begin);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) give_up("usage: versus_rte_hash FLOWS [QUERIES] [PASSES]");
  const auto flow_count = static_cast<uint32_t>(std::strtoul(argv[1], nullptr, 10));
  const size_t query_count = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : size_t{1} << 22;
  const int passes = argc > 3 ? std::atoi(argv[3]) : 7;
  if (flow_count == 0 || query_count == 0 || passes < 1) give_up("numbers from 1 are wanted");
  std::vector<std::string> options = {"versus_rte_hash", "--no-huge",     "-m", "6144",
                                      "--no-pci",        "--log-level=3", "-l", "0"};
  std::vector<char*> eal;
  for (std::string& option : options) eal.push_back(option.data());
  if (rte_eal_init(static_cast<int>(eal.size()), eal.data()) < 0) give_up("no EAL");

  std::vector<FlowKey4> flows;
  for (uint32_t i = 0; i < flow_count; ++i) flows.push_back(key_of(i));
  std::vector<FlowKey4> queries;
  uint64_t state = 42;
  for (size_t i = 0; i < query_count; ++i) {
    queries.push_back(flows[(drawn(state) >> 32) * flow_count >> 32]);
  }

  std::vector<Contestant> contestants(3);
  const auto own = timed(contestants[0].insert_ns, flow_count,
                         [&] { return std::make_unique<OwnTable>(flows); });
  const auto rte = timed(contestants[1].insert_ns, flow_count,
                         [&] { return std::make_unique<RteTable>(flows); });
  const auto map = timed(contestants[2].insert_ns, flow_count, [&] {
    std::unordered_map<FlowKey4, uint32_t, KeyHash> made;
    made.reserve(flow_count);
    for (uint32_t i = 0; i < flow_count; ++i) made.emplace(flows[i], i);
    return made;
  });
  contestants[0].name = "portacl";
  contestants[0].look_up = [&] { return own->look_up(queries); };
  contestants[1].name = "rte_hash";
  contestants[1].look_up = [&] { return rte->look_up(queries); };
  contestants[2].name = "std::unordered_map";
  contestants[2].look_up = [&] {
    uint64_t sum = 0;
    for (const FlowKey4& key : queries) sum += map.find(key)->second;
    return sum;
  };
  race(contestants, passes);

  int differ = 0;
  for (const Contestant& each : contestants) differ += each.sum != contestants[0].sum;
  std::printf("{\"flows\":%u,\"queries\":%zu,\"differ\":%d,\"contestants\":[", flow_count,
              query_count, differ);
  for (size_t i = 0; i < contestants.size(); ++i) {
    const Contestant& each = contestants[i];
    std::printf("%s{\"name\":\"%s\",\"millionPerSecond\":%.3f,\"insertNs\":%.1f,\"seconds\":[",
                i > 0 ? "," : "", each.name.c_str(),
                static_cast<double>(query_count) / median(each.seconds) / 1e6, each.insert_ns);
    for (size_t pass = 0; pass < each.seconds.size(); ++pass) {
      std::printf("%s%.6f", pass > 0 ? "," : "", each.seconds[pass]);
    }
    std::printf("]}");
  }
  std::printf("]}\n");
  return differ == 0 ? 0 : 1;
}
