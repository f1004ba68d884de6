#include "classifier/port_product.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace portacl {
namespace {

constexpr uint32_t kClassesMax = 65'535;

}  // namespace

std::optional<PortProduct> PortProduct::build(std::span<const RankedRule> rules,
                                              const PortClasses& ports, BuildBudget& budget) {
  const auto &protocol = ports.protocol(), &destination = ports.destination(),
             &source = ports.source();
  const uint64_t entries = uint64_t{protocol.count} * destination.count * source.count;
  const uint32_t words = ports.words();
  budget.begin("classes of ports and protocol");
  if (!budget.spend_bytes(entries * sizeof(uint16_t)) || !budget.spend_work(entries * words)) {
    return std::nullopt;
  }
  PortProduct out;
  BitClasses classes(words, kClassesMax);
  BitWords used(words, 0);
  for (const RankedRule& rule : rules) set_bit(used, rule.ports);
  BitWords some(words), all(words);
  out.numbers_.reserve(entries);
  const auto sets_of = [&](const PortClasses::Field& field, uint32_t number) {
    return field.sets.data() + static_cast<size_t>(number) * words;
  };
  for (uint32_t p = 0; p < protocol.count; ++p) {
    const uint64_t* const by_protocol = sets_of(protocol, p);
    for (uint32_t d = 0; d < destination.count; ++d) {
      const uint64_t* const by_destination = sets_of(destination, d);
      for (uint32_t w = 0; w < words; ++w) some[w] = used[w] & by_protocol[w] & by_destination[w];
      for (uint32_t s = 0; s < source.count; ++s) {
        const uint64_t* const by_source = sets_of(source, s);
        for (uint32_t w = 0; w < words; ++w) all[w] = some[w] & by_source[w];
        const uint32_t number = classes.class_of(all);
        if (number == BitClasses::kFull) return std::nullopt;
        out.numbers_.push_back(static_cast<uint16_t>(number));
      }
    }
  }
  out.count_ = classes.count();
  if (!budget.spend_work(uint64_t{out.count_} * ports.set_count())) return std::nullopt;
  out.classes_in_.assign(size_t{ports.set_count()} * out.words(), 0);
  for (uint32_t c = 0; c < out.count_; ++c) {
    const auto sets = classes.set(c);
    for (uint32_t q = 0; q < ports.set_count(); ++q) {
      if (has_bit(sets, q)) {
        set_bit(std::span(out.classes_in_).subspan(size_t{q} * out.words(), out.words()), c);
      }
    }
  }
  return out;
}

PortTakers::PortTakers(const PortProduct& ports, uint16_t* out, uint16_t none)
    : ports_(ports), out_(out), open_(ports.words(), ~uint64_t{0}), left_(ports.count()) {
  std::fill(out, out + ports.count(), none);
}

bool PortTakers::take(uint32_t port_set, uint16_t value) {
  const auto takes = ports_.classes_in(port_set);
  for (uint32_t w = 0; w < open_.size(); ++w) {
    for (uint64_t hit = open_[w] & takes[w]; hit != 0; hit &= hit - 1, --left_) {
      out_[w * 64 + static_cast<uint32_t>(std::countr_zero(hit))] = value;
    }
    open_[w] &= ~takes[w];
  }
  return left_ > 0;
}

}  // namespace portacl
