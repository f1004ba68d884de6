// One fixed piece of work for callgrind to count (bench/instructions.mjs).
//
//   instructions lookup PROGRAM KEYS ALGORITHM
//   instructions replay PROGRAM CAPTURE
//
// PROGRAM is an encoded rule program, KEYS an array of MatchKey4. Only what measured_work() does is counted.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "classifier/classifier.h"
#include "engine/replay.h"
#include "platform/byte_source.h"
#include "platform/cpu_features.h"

namespace {

using namespace portacl;

[[noreturn]] void give_up(const char* why) {
  std::fprintf(stderr, "instructions: %s\n", why);
  std::exit(1);
}

std::vector<uint8_t> read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) give_up("a file cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

Algorithm algorithm_of(const std::string& name) {
  for (const Algorithm algorithm : {Algorithm::kLinear, Algorithm::kTables, Algorithm::kRows,
                                    Algorithm::kLists, Algorithm::kBoth}) {
    if (name == algorithm_name(algorithm)) return algorithm;
  }
  give_up("no such algorithm");
}

}  // namespace

// The name that callgrind is told to begin and end at.
extern "C" __attribute__((noinline)) void measured_work(const std::function<void()>& work) { work(); }

int main(int argc, char** argv) {
  if (argc < 4) give_up("usage: lookup PROGRAM KEYS ALGORITHM | replay PROGRAM CAPTURE");
  std::unique_ptr<const Program> program;
  if (!Program::load(read_file(argv[2]), program).ok()) give_up("no sound rule program");
  ClassifierOptions options;
  if (!find_kernel(kernel_wanted(), options.kernel).ok()) give_up("no such kernel");
  const std::vector<uint8_t> input = read_file(argv[3]);

  if (!std::strcmp(argv[1], "lookup") && argc == 5) {
    std::vector<MatchKey4> keys(input.size() / sizeof(MatchKey4));
    std::memcpy(keys.data(), input.data(), keys.size() * sizeof(MatchKey4));
    std::vector<uint32_t> rows(keys.size());
    const auto classifier =
        build_classifier(*program, program->groups()[0], options, algorithm_of(argv[4]));
    if (classifier == nullptr) give_up("the algorithm is refused for these rules");
    measured_work([&] { classifier->find_first(keys, rows); });
    std::printf("%zu\n", keys.size());
    return 0;
  }
  if (std::strcmp(argv[1], "replay") != 0) give_up("no such work");
  Engine engine(std::make_shared<const GroupClassifiers>(std::move(program), options), {});
  PolicySchedule no_changes;
  CaptureSummary summary;
  measured_work([&] {
    summary = replay(std::make_unique<MemorySource>(input), 0, engine, no_changes, {},
                     [](uint64_t) { return true; });
  });
  if (!summary.status.ok()) give_up("the capture is not read to its end");
  std::printf("%llu\n", static_cast<unsigned long long>(summary.packets));
}
