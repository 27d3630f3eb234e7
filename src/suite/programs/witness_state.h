// Witness: everything the process outside holds and watches. See witness.h.
#pragma once

#include <sys/resource.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "suite/programs/attack.h"

namespace belljar::suite {

class Witness {
 public:
  Witness(std::string directory, const Params& given);

  void open_everything();
  void publish() const;  // DIR/ready for the attacker, DIR/values for the host
  void serve();
  void remove_everything();

 private:
  struct Listener {
    std::string name;
    int fd = -1;
    bool accepts = false;
  };

  void open_internet();
  void open_unix();
  void open_terminal();
  void open_shared_memory();
  void open_keyring();
  void start_runtime();
  void listen_unix(const std::string& name, const std::string& path);
  void take(const Listener& listener);
  void check();
  void check_self();
  void check_surroundings();
  void log(const std::string& line) const;
  std::string handle_of_secret() const;

  std::string directory_;
  Params given_;
  std::array<char, 128> secret_{};
  volatile long word_ = 0x5afe;
  std::vector<Listener> listeners_;
  std::map<std::string, std::string> ready_;
  int log_ = -1;
  int terminal_ = -1;
  int terminal_master_ = -1;
  int shared_memory_ = -1;
  long key_ = -1;
  int runtime_ = -1;
  int age_ms_ = 0;
  rlimit files_{};
  std::string hostname_;
  std::string oom_score_;
  long queues_ = 0;
};

}  // namespace belljar::suite
