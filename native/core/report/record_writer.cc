#include "report/record_writer.h"

#include "capture/capture_record.h"

namespace portacl {
namespace {

using enum ColumnType;
constexpr TableColumn kColumns[] = {
    {"frame", kUint64}, {"time_ns", kInt64}, {"endpoint", kText}, {"direction", kText},
    {"verdict", kText}, {"stage", kText},    {"layer", kText},    {"group", kText},
    {"rule", kText},    {"reason", kText},   {"flow", kUint64},   {"flow_event", kText}};

// Keeps what is appended, to have a string escaped once instead of at every record.
class StringSink final : public TextSink {
 public:
  std::string take() {
    flush();
    return std::move(text_);
  }

 protected:
  bool write(const char* bytes, size_t size) override {
    text_.append(bytes, size);
    return true;
  }

 private:
  std::string text_;
};

std::string as_json(std::string_view text) {
  StringSink sink;
  sink.append_json(text);
  return sink.take();
}

std::string as_csv(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out += '"';
}

constexpr const char* stage_name(Stage stage) {
  return stage == Stage::kSwitch ? "switch" : stage == Stage::kHost ? "host" : nullptr;
}

}  // namespace

RecordWriter::RecordWriter(const Program& program, TextSink& sink, TableFormat format)
    : sink_(sink), format_(format) {
  if (format == TableFormat::kParquet) table_ = make_table(sink, format, kColumns);
  read(program);
  if (format == TableFormat::kCsv) {
    const char* separator = "";
    for (const TableColumn& column : kColumns) {
      sink_.append(std::string_view(separator));
      sink_.append(column.name);
      separator = ",";
    }
    sink_.append(std::string_view("\r\n"));
  }
}

// Strings of texts are escaped once, not at every record.
void RecordWriter::read(const Program& program) {
  program_ = &program;
  quoted_.clear();
  if (table_) return;
  const auto names = program.string_count();
  quoted_.reserve(names);
  for (uint32_t row = 0; row < names; ++row) {
    const std::string_view text = program.string(row);
    quoted_.push_back(format_ == TableFormat::kJsonLines ? as_json(text) : as_csv(text));
  }
}

// Calls `put` for every column in order, with a number, a fixed name, the row of a string, or
// nothing.
template <class Put>
void RecordWriter::each_column(const VerdictRecord& record, Put&& put) const {
  const Verdict& verdict = record.verdict;
  const auto string = [&](uint32_t row) { row == 0 ? put.nothing() : put.string(row); };
  const auto name = [&](const char* text) { text == nullptr ? put.nothing() : put.name(text); };
  put.number(record.frame);
  record.time_ns == kNoTime ? put.nothing() : put.number(record.time_ns);
  if (record.endpoint == kNoRow) {
    put.nothing();
    put.nothing();
  } else {
    put.string(program_->endpoints()[record.endpoint].name);
    put.name(record.direction == Direction::kIn ? "in" : "out");
  }
  name(outcome_name(verdict.outcome));
  name(stage_name(verdict.stage));
  verdict.layer == kNoRow ? put.nothing() : string(program_->layers()[verdict.layer].name);
  const uint32_t group = verdict.rule == kNoRow ? kNoRow : program_->rules()[verdict.rule].group;
  // A default has neither group nor rule. Source: docs/SEMANTICS.md 6.
  const uint32_t rule_name = verdict.rule == kNoRow ? 0 : program_->rules()[verdict.rule].name;
  group == kNoRow || rule_name == 0 ? put.nothing() : string(program_->groups()[group].name);
  string(rule_name);
  name(reason_name(verdict.reason));
  verdict.flow == 0 ? put.nothing() : put.number(verdict.flow);
  name(flow_event_name(verdict.flow_event));
}

void RecordWriter::write_json(const VerdictRecord& record) {
  struct Put {
    RecordWriter& writer;
    size_t column = 0;
    TextSink& key() {
      TextSink& sink = writer.sink_;
      sink.append(std::string_view(column == 0 ? "{\"" : ",\""));
      sink.append(kColumns[column++].name);
      sink.append(std::string_view("\":"));
      return sink;
    }
    void number(uint64_t value) { key().append_number(value); }
    void number(int64_t value) { key().append_number(value); }
    void nothing() { key().append(std::string_view("null")); }
    void string(uint32_t row) { key().append(std::string_view(writer.quoted_[row])); }
    void name(const char* text) {
      TextSink& sink = key();
      sink.append('"');
      sink.append(std::string_view(text));
      sink.append('"');
    }
  };
  each_column(record, Put{*this});
  sink_.append(std::string_view("}\n"));
}

void RecordWriter::write_csv(const VerdictRecord& record) {
  struct Put {
    RecordWriter& writer;
    size_t column = 0;
    TextSink& cell() {
      if (column++ > 0) writer.sink_.append(',');
      return writer.sink_;
    }
    void number(uint64_t value) { cell().append_number(value); }
    void number(int64_t value) { cell().append_number(value); }
    void nothing() { cell(); }
    void string(uint32_t row) { cell().append(std::string_view(writer.quoted_[row])); }
    void name(const char* text) { cell().append(std::string_view(text)); }
  };
  each_column(record, Put{*this});
  sink_.append(std::string_view("\r\n"));
}

void RecordWriter::write_row(const VerdictRecord& record) {
  struct Put {
    const Program& program;
    Table& table;
    void number(uint64_t value) { table.number(value); }
    void number(int64_t value) { table.number(value); }
    void nothing() { table.nothing(); }
    void string(uint32_t row) { table.text(program.string(row)); }
    void name(const char* text) { table.text(text); }
  };
  each_column(record, Put{*program_, *table_});
  table_->end_row();
}

void RecordWriter::write(std::span<const VerdictRecord> records) {
  for (const VerdictRecord& record : records) {
    switch (format_) {
      case TableFormat::kJsonLines:
        write_json(record);
        break;
      case TableFormat::kCsv:
        write_csv(record);
        break;
      case TableFormat::kParquet:
        write_row(record);
        break;
    }
  }
}

void RecordWriter::finish() {
  if (table_) table_->finish();
}

}  // namespace portacl
