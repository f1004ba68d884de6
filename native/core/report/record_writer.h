// VerdictRecords as lines, JSON or CSV (RFC 4180) with a header line, or as a Parquet file.
// Columns and their order: docs/SEMANTICS.md 6.1.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/text_sink.h"
#include "program/program.h"
#include "report/replay_output.h"
#include "report/table.h"
#include "verdict/verdict.h"

namespace portacl {

class RecordWriter final : public ReplayOutput {
 public:
  // Writes to `sink`, which must outlive the writer, as must `program` and those that follow it.
  RecordWriter(const Program& program, TextSink& sink, TableFormat format);

  void write(std::span<const VerdictRecord> records);
  void write(const JudgedBatch& batch) override { write(batch.verdicts); }
  void finish() override;
  void policy_changed(const Program& program, const VerdictTexts&) override { read(program); }
  const TextSink* sink() const override { return &sink_; }

 private:
  void read(const Program& program);
  void write_json(const VerdictRecord& record);
  void write_csv(const VerdictRecord& record);
  void write_row(const VerdictRecord& record);
  template <class Put>
  void each_column(const VerdictRecord& record, Put&& put) const;

  const Program* program_ = nullptr;
  TextSink& sink_;
  TableFormat format_;
  std::unique_ptr<Table> table_;     // for columns
  std::vector<std::string> quoted_;  // by string row, as the format writes it
};

}  // namespace portacl
