#include "pathflow/train/run_rows.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>
#include <vector>

#include "pathflow/base/error.hpp"
#include "pathflow/io/json.hpp"

namespace pathflow::train {
namespace {

std::string key_of(bool data, const char* what) {
  return std::string(data ? "data." : "source.") + what;
}

// Not as a JSON number: a double keeps 53 bits.
std::string hexadecimal(std::uint64_t value) {
  char digits[16];
  return {digits, std::to_chars(digits, digits + sizeof digits, value, 16).ptr};
}

std::uint64_t of_hexadecimal(const std::string& text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value, 16);
  if (parsed.ec != std::errc() || parsed.ptr != end) throw std::runtime_error("hash");
  return value;
}

/// Stands for rows that are not at hand: everything of them is known but their values.
class AbsentRows final : public io::Rows {
 public:
  explicit AbsentRows(FiledRows rows) : rows_(std::move(rows)) {}
  std::size_t size() const override { return rows_.size; }
  std::size_t dimension() const override { return rows_.dimension; }
  const io::FileContents* file() const override { return &rows_.contents; }
  double sum_of_squares() const override { refuse(); }
  void read(std::size_t, std::size_t, std::span<float>) const override { refuse(); }

 private:
  [[noreturn]] void refuse() const {
    throw_error(ErrorCode::kIo, rows_.contents.path,
                "the run left its rows in this file, and it was not opened");
  }
  FiledRows rows_;
};

/// The members of a JSON object by name; throws std::runtime_error for what is not there.
class Members {
 public:
  explicit Members(std::string_view text) {
    const io::Json json = io::parse_json(text);
    if (!json.is(io::JsonKind::kObject)) throw std::runtime_error("expected an object");
    items_ = json.items();
  }
  std::string string(std::string_view name) const {
    const io::Json& value = at(name);
    if (!value.is(io::JsonKind::kString)) throw std::runtime_error(message({name, ": no string"}));
    return value.string();
  }
  std::uint64_t natural(std::string_view name) const {
    std::uint64_t value = 0;
    if (!at(name).natural(value)) throw std::runtime_error(message({name, ": no whole number"}));
    return value;
  }

 private:
  const io::Json& at(std::string_view name) const {
    const auto found = std::find_if(items_.begin(), items_.end(),
                                    [&](const io::JsonItem& item) { return item.name == name; });
    if (found == items_.end()) throw std::runtime_error(message({"no ", name}));
    return found->value;
  }
  std::vector<io::JsonItem> items_;
};

FiledRows parse(const std::string& text, std::string_view name, const std::string& key) {
  FiledRows rows;
  try {
    const Members members(text);
    rows.contents.path = members.string("path");
    rows.contents.bytes = members.natural("bytes");
    rows.contents.hash = of_hexadecimal(members.string("hash"));
    rows.size = static_cast<std::size_t>(members.natural("rows"));
    rows.dimension = static_cast<std::size_t>(members.natural("columns"));
  } catch (const std::exception& error) {
    throw_error(ErrorCode::kIo, name,
                {"metadata \"", key, "\" must name a file, its bytes, hash, rows and columns, got ",
                 text, " (", error.what(), ")"});
  }
  if (rows.size == 0 || rows.dimension == 0) {
    throw_error(ErrorCode::kIo, name,
                {"metadata \"", key, "\" must have rows and columns, got ", text});
  }
  return rows;
}

std::string json_of(const io::FileContents& contents, const io::Rows& rows) {
  return message({"{\"path\":", io::json_string(io::valid_utf8(contents.path)),
                  ",\"bytes\":", contents.bytes, ",\"hash\":\"", hexadecimal(contents.hash),
                  "\",\"rows\":", rows.size(), ",\"columns\":", rows.dimension(), "}"});
}

void check_same(const FiledRows& wanted, const io::Rows& rows) {
  const io::FileContents* got = rows.file();
  if (got != nullptr && got->same_contents(wanted.contents)) return;
  const std::string path = got != nullptr ? got->path : wanted.contents.path;
  const std::string found = got == nullptr
                                ? "a smaller file"
                                : message({got->bytes, " bytes of hash ", hexadecimal(got->hash)});
  throw_error(ErrorCode::kIo, path,
              {"is not the file that the run was trained on: expected ", wanted.contents.bytes,
               " bytes of hash ", hexadecimal(wanted.contents.hash), ", got ", found});
}

}  // namespace

io::Tensor rows_tensor(const io::Rows& rows) {
  const tensor::Points values = io::all_rows(rows);
  return io::Tensor::of(
      std::span<const float>(values.data(), values.size()),
      {static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(rows.dimension())});
}

void write_rows(const Pool& pool, bool data, io::Safetensors& file) {
  if (!pool.given) return;
  const io::Rows& rows = *pool.rows;
  if (const io::FileContents* contents = rows.file()) {
    file.metadata[key_of(data, "file")] = json_of(*contents, rows);
    return;
  }
  file.tensors[key_of(data, "rows")] = rows_tensor(rows);
}

std::shared_ptr<const io::Rows> read_filed_rows(const io::Safetensors& file, std::string_view name,
                                                bool data, const OpenRows& open) {
  const std::string key = key_of(data, "file");
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) return nullptr;
  FiledRows wanted = parse(found->second, name, key);
  wanted.data = data;
  std::shared_ptr<const io::Rows> rows = open ? open(wanted) : nullptr;
  if (rows == nullptr) return std::make_shared<AbsentRows>(std::move(wanted));
  check_same(wanted, *rows);
  return rows;
}

}  // namespace pathflow::train
