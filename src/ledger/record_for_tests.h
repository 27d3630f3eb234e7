// A record to test with: a folder that goes away, a run written into it, and what verification says of it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ledger/checkpoint.h"
#include "ledger/ledger.h"
#include "ledger/note.h"
#include "os/file.h"

namespace belljar::ledger {

// In memory, where there is such a place: a sync costs nothing there.
inline std::string quick_folder() {
  return std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : testing::TempDir();
}

class TempFolder {
 public:
  explicit TempFolder(const std::string& below = quick_folder()) {
    std::string pattern = below + "/belljar_ledger_XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() { (void)os::remove_tree(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string read_bytes(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
  std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
}

inline codec::SigningKey key_for_tests(char fill = 7) {
  return codec::SigningKey::from_seed(std::string(32, fill)).value();
}

inline std::string verifier_line(const codec::SigningKey& key) {
  return VerifierKey{std::string{kKeyName}, key.public_key()}.text() + '\n';
}

// A folder with a run in it and, beside it, the key to trust.
class TestRecord {
 public:
  explicit TestRecord(const std::string& below = quick_folder()) : folder_{below} {
    write_bytes(trusted_key_file(), verifier_line(key_for_tests()));
  }

  std::string run() const { return folder_.path() + "/run"; }
  std::string file(const std::string& name) const { return run() + '/' + name; }
  std::string trusted_key_file() const { return folder_.path() + "/trusted.pub"; }

  std::unique_ptr<Ledger> create() const {
    Result<std::unique_ptr<Ledger>> ledger = Ledger::create(run(), "belljar.test/run/r_1", key_for_tests());
    EXPECT_TRUE(ledger) << (ledger ? "" : ledger.error().message());
    return ledger ? std::move(ledger).value() : nullptr;
  }
  VerifyReport verify() const {
    Result<VerifyReport> report = verify_run(run(), {trusted_key_file()});
    EXPECT_TRUE(report) << (report ? "" : report.error().message());
    return report ? std::move(report).value() : VerifyReport{};
  }
  // Each regular file, relative to the run.
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{run()}) {
      if (entry.is_regular_file()) names.push_back(entry.path().string().substr(run().size() + 1));
    }
    return names;
  }

 private:
  TempFolder folder_;
};

inline std::string told(const VerifyReport& report) {
  std::string text;
  for (const Problem& problem : report.problems) text += problem.where + ": " + problem.what + '\n';
  for (const std::string& note : report.notes) text += "note: " + note + '\n';
  return text;
}

inline bool names(const VerifyReport& report, const std::string& where) {
  for (const Problem& problem : report.problems) {
    if (problem.where == where) return true;
  }
  return false;
}

inline std::string numbered_entry(std::size_t number) {
  return R"({"kind":"message","number":)" + std::to_string(number) + "}";
}

// A whole run of `messages` messages, with every kind of file that a record holds, sealed.
inline void write_whole_run(const TestRecord& record, std::size_t messages) {
  const std::unique_ptr<Ledger> ledger = record.create();
  ASSERT_NE(ledger, nullptr);
  write_bytes(record.file("manifest.json"), R"({"models":[]})");
  ASSERT_TRUE(ledger->bind_file("manifest.json"));
  for (std::size_t at = 0; at < messages; ++at) ASSERT_TRUE(ledger->append(numbered_entry(at)));
  ASSERT_TRUE(ledger->append_with_body(R"({"kind":"request"})", "the request"));
  ASSERT_TRUE(ledger->append_with_body(R"({"kind":"answer"})", std::string(300, 'a')));
  ASSERT_TRUE(ledger->checkpoint());
  const Head head = ledger->head();
  const std::string claim = R"("size":)" + std::to_string(head.size) + R"(,"root":")" + head.root.text() + '"';
  ASSERT_TRUE(ledger->append(R"({"kind":"head",)" + claim + "}"));
  write_bytes(record.file("verdict.json"), R"({"verdict":"pass","ledger":{)" + claim + "}}");
  ASSERT_TRUE(ledger->bind_file("verdict.json"));
  write_bytes(record.file("reports/report.html"), "<p>fine</p>");
  ASSERT_TRUE(ledger->bind_file("reports/report.html"));
  ASSERT_TRUE(ledger->append(R"({"kind":"sealed"})"));
  ASSERT_TRUE(ledger->checkpoint());
}

}  // namespace belljar::ledger
