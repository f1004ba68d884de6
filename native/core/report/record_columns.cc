#include "report/record_columns.h"

#include "capture/capture_record.h"

namespace portacl {

// "The smallest number" of the format.
static_assert(kNoTime == std::numeric_limits<int64_t>::min());

void write_columns(std::span<const VerdictRecord> records, const RecordColumns& columns,
                   size_t first) {
  for (size_t i = 0; i < records.size(); ++i) {
    const VerdictRecord& record = records[i];
    const Verdict& verdict = record.verdict;
    const size_t row = first + i;
    columns.time_ns[row] = record.time_ns;
    columns.frame[row] = static_cast<double>(record.frame);
    columns.flow[row] = static_cast<double>(verdict.flow);
    columns.endpoint[row] = record.endpoint;
    columns.layer[row] = verdict.layer;
    columns.rule[row] = verdict.rule;
    columns.direction[row] = static_cast<uint8_t>(record.direction);
    columns.verdict[row] = static_cast<uint8_t>(verdict.outcome);
    columns.stage[row] = static_cast<uint8_t>(verdict.stage);
    columns.reason[row] = static_cast<uint8_t>(verdict.reason);
    columns.flow_event[row] = static_cast<uint8_t>(verdict.flow_event);
  }
}

}  // namespace portacl
