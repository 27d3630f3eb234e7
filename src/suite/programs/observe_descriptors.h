// DescriptorFacts: what the descriptors of a process reach, as seen from outside it.
//
//   fact fd PATH_OR_KIND    fact fdw PATH (open for writing)    fact dev MAJOR:MINOR
//   fact sock DOMAIN TYPE PROTOCOL    fact peer ADDRESS:PORT    fact pts DEVICE:MINOR
#pragma once

#include <sys/stat.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace belljar::suite {

class DescriptorFacts {
 public:
  void add(int pid);
  void append_to(std::vector<std::string>& facts) const;
  static std::string link(const std::string& path);

 private:
  void add_file(int pid, const std::string& number, const std::string& target, const struct stat& info);
  void add_socket(int pid, int number);

  std::set<std::string> lines_;
  std::set<std::pair<dev_t, ino_t>> seen_;
  long held_bytes_ = 0;
  long apparent_bytes_ = 0;
  long pipe_bytes_ = 0;
  long in_flight_ = 0;
  long most_descriptors_ = 0;
  long inherited_ = 0;
  long foreign_families_ = 0;
  long foreign_devices_ = 0;
};

int io_priority_class(int pid);

}  // namespace belljar::suite
