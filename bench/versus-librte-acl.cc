// Our classifier and librte_acl on one rule program and one trace, in turn within one process.
//
//   versus_librte_acl PROGRAM KEYS [PASSES] [CATEGORIES] -- EAL options (default: --no-huge -m 6144)
//
// PROGRAM is an encoded rule program whose first group is measured; KEYS an array of MatchKey4. Prints one
// JSON object. Built by peer-driver.mjs (needs Debian's libdpdk-dev).
#include <rte_acl.h>
#include <rte_eal.h>
#include <rte_malloc.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "classifier/classifier.h"
#include "platform/cpu_features.h"

namespace {

using portacl::ConditionField;
using portacl::MatchKey4;

constexpr uint32_t kBatch = 256;
constexpr uint32_t kVerified = 2000;

// Seconds of this thread on a CPU: on a machine that others use too, waiting is no part of the work.
double now() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "versus_librte_acl: %s\n", why.c_str());
  std::exit(1);
}

std::vector<uint8_t> read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) give_up(std::string("cannot read ") + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// What librte_acl looks at, in network order: it reads four bytes at a time behind the first field.
struct PeerKey {
  uint8_t protocol;
  uint8_t padding[3];
  uint32_t source, destination;
  uint16_t source_port, destination_port;
};

rte_acl_field_def field(uint8_t type, uint8_t size, uint8_t index, uint8_t input, uint32_t offset) {
  rte_acl_field_def def{};
  def.type = type;
  def.size = size;
  def.field_index = index;
  def.input_index = input;
  def.offset = offset;
  return def;
}

constexpr uint32_t kFields = 5;
RTE_ACL_RULE_DEF(PeerRule, kFields);

class Peer {
 public:
  Peer(const portacl::Program& program, const portacl::GroupRow& group) {
    rte_acl_param param{};
    param.name = "peer";
    param.socket_id = SOCKET_ID_ANY;
    param.rule_size = RTE_ACL_RULE_SZ(kFields);
    param.max_rule_num = group.rule_count;
    context_ = rte_acl_create(&param);
    const double begin = now();
    std::vector<PeerRule> rules;
    for (uint32_t i = 0; i < group.rule_count; ++i) {
      rules.push_back(rule_of(program, program.rules()[group.rule_first + i]));
      rules.back().data.category_mask = 1;
      rules.back().data.priority = static_cast<int32_t>(group.rule_count - i);
      rules.back().data.userdata = i + 1;
    }
    if (rte_acl_add_rules(context_, reinterpret_cast<rte_acl_rule*>(rules.data()),
                          static_cast<uint32_t>(rules.size()))) {
      give_up("librte_acl refuses the rules");
    }
    rte_acl_config config{};
    config.num_categories = 1;
    config.num_fields = kFields;
    config.defs[0] = field(RTE_ACL_FIELD_TYPE_BITMASK, 1, 0, 0, offsetof(PeerKey, protocol));
    config.defs[1] = field(RTE_ACL_FIELD_TYPE_MASK, 4, 1, 1, offsetof(PeerKey, source));
    config.defs[2] = field(RTE_ACL_FIELD_TYPE_MASK, 4, 2, 2, offsetof(PeerKey, destination));
    config.defs[3] = field(RTE_ACL_FIELD_TYPE_RANGE, 2, 3, 3, offsetof(PeerKey, source_port));
    config.defs[4] = field(RTE_ACL_FIELD_TYPE_RANGE, 2, 4, 3, offsetof(PeerKey, destination_port));
    rte_malloc_socket_stats before{}, after{};
    rte_malloc_get_socket_stats(0, &before);
    if (rte_acl_build(context_, &config)) give_up("librte_acl does not build");
    rte_malloc_get_socket_stats(0, &after);
    build_seconds_ = now() - begin;
    bytes_ = after.heap_allocsz_bytes - before.heap_allocsz_bytes;
  }

  bool use(enum rte_acl_classify_alg algorithm) {
    return rte_acl_set_ctx_classify(context_, algorithm) == 0;
  }

  void classify(const std::vector<const uint8_t*>& keys, std::vector<uint32_t>& results,
                uint32_t batch) {
    for (size_t i = 0; i < keys.size(); i += batch) {
      const auto count = static_cast<uint32_t>(std::min<size_t>(batch, keys.size() - i));
      rte_acl_classify(context_, const_cast<const uint8_t**>(&keys[i]), &results[i], count, 1);
    }
  }

  double build_seconds() const { return build_seconds_; }
  size_t bytes() const { return bytes_; }

 private:
  static PeerRule rule_of(const portacl::Program& program, const portacl::RuleRow& row) {
    PeerRule rule;
    std::memset(&rule, 0, sizeof rule);
    rule.field[3].mask_range.u16 = rule.field[4].mask_range.u16 = 0xFFFF;
    for (const auto& condition :
         program.conditions().subspan(row.condition_first, row.condition_count)) {
      if (condition.value_count != 1) give_up("a rule has a list; librte_acl has none");
      set_field(program, condition, rule);
    }
    return rule;
  }

  static void set_field(const portacl::Program& program, const portacl::ConditionRow& condition,
                        PeerRule& rule) {
    const auto numbers = [&] { return program.ranges16()[condition.value_first]; };
    const auto prefix = [&](uint32_t index) {
      const auto& range = program.ranges_ipv4()[condition.value_first];
      const uint32_t hosts = range.from ^ range.to;
      if ((hosts & (hosts + 1)) != 0 || (range.from & hosts) != 0) give_up("a range is no prefix");
      rule.field[index].value.u32 = range.from;
      rule.field[index].mask_range.u32 = static_cast<uint32_t>(std::countl_zero(hosts));
    };
    const auto ports = [&](uint32_t index) {
      rule.field[index].value.u16 = numbers().from;
      rule.field[index].mask_range.u16 = numbers().to;
    };
    switch (static_cast<ConditionField>(condition.field)) {
      case ConditionField::kProtocol:
        if (numbers().from != numbers().to) give_up("a rule has a range of protocols");
        rule.field[0].value.u8 = static_cast<uint8_t>(numbers().from);
        rule.field[0].mask_range.u8 = 0xFF;
        break;
      case ConditionField::kSourceAddress:
        return prefix(1);
      case ConditionField::kDestinationAddress:
        return prefix(2);
      case ConditionField::kSourcePort:
        return ports(3);
      case ConditionField::kDestinationPort:
        return ports(4);
      default:
        give_up("a rule has a condition that librte_acl does not know");
    }
  }

  rte_acl_ctx* context_;
  double build_seconds_ = 0;
  size_t bytes_ = 0;
};

uint16_t swapped(uint16_t value) { return static_cast<uint16_t>(value << 8 | value >> 8); }

std::vector<PeerKey> peer_keys(const std::vector<MatchKey4>& keys) {
  std::vector<PeerKey> out(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    out[i] = {keys[i].protocol,
              {0, 0, 0},
              __builtin_bswap32(keys[i].source),
              __builtin_bswap32(keys[i].destination),
              swapped(keys[i].source_port),
              swapped(keys[i].destination_port)};
  }
  return out;
}

// One way to look all keys up, and the seconds of each of its passes.
struct Contestant {
  std::string name;
  std::function<void()> run;
  std::vector<double> seconds;
};

void race(std::vector<Contestant>& contestants, int passes) {
  for (Contestant& each : contestants) each.run();  // warms what there is to warm
  for (int pass = 0; pass < passes; ++pass) {
    const auto timed = [](Contestant& each) {
      const double begin = now();
      each.run();
      each.seconds.push_back(now() - begin);
    };
    if (pass % 2 == 0) {
      for (auto each = contestants.begin(); each != contestants.end(); ++each) timed(*each);
    } else {
      for (auto each = contestants.rbegin(); each != contestants.rend(); ++each) timed(*each);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<char*> own, eal = {argv[0]};
  bool behind = false;
  for (int i = 1; i < argc; ++i) {
    if (!std::strcmp(argv[i], "--")) {
      behind = true;
    } else {
      (behind ? eal : own).push_back(argv[i]);
    }
  }
  std::vector<std::string> fixed = {"--no-pci", "--log-level=3", "--force-max-simd-bitwidth=512",
                                    "-l", "0"};
  if (!behind) fixed.insert(fixed.end(), {"--no-huge", "-m", "6144"});
  for (std::string& option : fixed) eal.push_back(option.data());
  if (own.size() < 2) give_up("usage: versus_librte_acl PROGRAM KEYS [PASSES] [-- EAL options]");
  if (rte_eal_init(static_cast<int>(eal.size()), eal.data()) < 0) give_up("no EAL");

  std::unique_ptr<const portacl::Program> program;
  if (!portacl::Program::load(read_file(own[0]), program).ok()) give_up("no sound rule program");
  const portacl::GroupRow& group = program->groups()[0];
  const auto key_bytes = read_file(own[1]);
  std::vector<MatchKey4> keys(key_bytes.size() / sizeof(MatchKey4));
  std::memcpy(keys.data(), key_bytes.data(), keys.size() * sizeof(MatchKey4));
  const int passes = own.size() > 2 ? std::atoi(own[2]) : 7;

  const portacl::Kernel* kernel = nullptr;
  if (!portacl::find_kernel(portacl::kernel_wanted(), kernel).ok()) give_up("no such kernel");
  std::vector<double> builds;
  std::unique_ptr<const portacl::Classifier> ours;
  for (int i = 0; i < 3; ++i) {
    const double begin = now();
    ours = portacl::build_classifier(*program, group, {.kernel = kernel});
    builds.push_back(now() - begin);
  }
  const bool alone = std::getenv("ALONE") != nullptr;
  std::unique_ptr<Peer> peer;
  if (!alone) peer = std::make_unique<Peer>(*program, group);

  std::vector<uint32_t> rows(keys.size()), single_rows(keys.size()), results(keys.size());
  const std::vector<PeerKey> theirs = peer_keys(keys);
  std::vector<const uint8_t*> pointers;
  for (const PeerKey& key : theirs) pointers.push_back(reinterpret_cast<const uint8_t*>(&key));

  const auto in_batches = [&](size_t batch, std::vector<uint32_t>& out) {
    for (size_t i = 0; i < keys.size(); i += batch) {
      const size_t count = std::min(batch, keys.size() - i);
      ours->find_first(std::span(keys).subspan(i, count), std::span(out).subspan(i, count));
    }
  };
  std::vector<Contestant> contestants = {{"portacl", [&] { in_batches(kBatch, rows); }, {}},
                                         {"portacl single", [&] { in_batches(1, single_rows); }, {}}};
  if (!alone) {
    const auto run_peer = [&](enum rte_acl_classify_alg algorithm, uint32_t batch) {
      return [&, algorithm, batch] {
        if (!peer->use(algorithm)) give_up("librte_acl: method not supported here");
        peer->classify(pointers, results, batch);
      };
    };
    contestants.push_back({"librte_acl AVX512x32", run_peer(RTE_ACL_CLASSIFY_AVX512X32, kBatch), {}});
    contestants.push_back({"librte_acl AVX2", run_peer(RTE_ACL_CLASSIFY_AVX2, kBatch), {}});
    contestants.push_back({"librte_acl single", run_peer(RTE_ACL_CLASSIFY_AVX2, 1), {}});
  }
  race(contestants, passes);

  size_t wrong = 0, differ = 0;
  for (size_t i = 0; i < std::min<size_t>(kVerified, keys.size()); ++i) {
    wrong += portacl::find_first(*program, group, headers_of(keys[i])) != rows[i];
  }
  for (size_t i = 0; i < keys.size(); ++i) {
    differ += rows[i] != single_rows[i];
    if (alone) continue;
    differ += rows[i] != (results[i] == 0 ? portacl::kNoRow : group.rule_first + results[i] - 1);
  }
  const portacl::ClassifierFacts& facts = ours->facts();
  std::printf("{\"rules\":%u,\"keys\":%zu,\"wrong\":%zu,\"differ\":%zu,\"kernel\":\"%s\",", facts.rules,
              keys.size(), wrong, differ, kernel->name);
  std::printf("\"algorithm\":\"%s\",\"tableRules\":%u,\"everywhereRules\":%u,\"longestList\":%u,",
              portacl::algorithm_name(facts.algorithm), facts.table_rules, facts.everywhere_rules,
              facts.longest_list);
  std::printf("\"buildSeconds\":%.6f,\"bytes\":%zu,", median(builds), facts.bytes);
  if (!alone) {
    std::printf("\"peerBuildSeconds\":%.6f,\"peerBytes\":%zu,", peer->build_seconds(), peer->bytes());
  }
  std::printf("\"millionPerSecond\":{");
  for (size_t i = 0; i < contestants.size(); ++i) {
    std::printf("%s\"%s\":%.3f", i ? "," : "", contestants[i].name.c_str(),
                static_cast<double>(keys.size()) / median(contestants[i].seconds) / 1e6);
  }
  std::printf("}}\n");
  return wrong + differ == 0 ? 0 : 1;
}
