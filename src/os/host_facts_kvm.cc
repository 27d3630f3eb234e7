// The smallest virtual machine: real-mode code on one page that counts down and halts. How long a turn takes tells a
// processor from an emulator.
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>

#include "os/host_facts.h"
#include "os/host_facts_trial.h"

namespace belljar::os {

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::uint64_t kGuestAddress = 0x1000;
constexpr unsigned kTurns = 20'000;

// mov cx, kTurns; again: dec cx; jnz again; hlt
constexpr std::array<unsigned char, 7> kCode{0xb9, kTurns & 0xff, kTurns >> 8, 0x49, 0x75, 0xfd, 0xf4};

Trial set_registers(int vcpu) {
  kvm_sregs special{};
  if (::ioctl(vcpu, KVM_GET_SREGS, &special) != 0) return trial_failed("KVM_GET_SREGS");
  special.cs.base = 0;
  special.cs.selector = 0;
  if (::ioctl(vcpu, KVM_SET_SREGS, &special) != 0) return trial_failed("KVM_SET_SREGS");
  kvm_regs registers{};
  registers.rip = kGuestAddress;
  registers.rflags = 2;
  if (::ioctl(vcpu, KVM_SET_REGS, &registers) != 0) return trial_failed("KVM_SET_REGS");
  return {};
}

Trial run_machine() {
  const Fd kvm{::open("/dev/kvm", O_RDWR | O_CLOEXEC)};
  if (!kvm) return trial_failed("open /dev/kvm");
  const int api = ::ioctl(kvm.get(), KVM_GET_API_VERSION, 0);
  if (api != KVM_API_VERSION) return trial_failed("KVM_GET_API_VERSION", EOPNOTSUPP);
  const Fd machine{::ioctl(kvm.get(), KVM_CREATE_VM, 0)};
  if (!machine) return trial_failed("KVM_CREATE_VM");
  void* memory = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return trial_failed("map guest memory");
  std::memcpy(memory, kCode.data(), kCode.size());
  kvm_userspace_memory_region region{};
  region.guest_phys_addr = kGuestAddress;
  region.memory_size = kPage;
  region.userspace_addr = reinterpret_cast<std::uintptr_t>(memory);
  if (::ioctl(machine.get(), KVM_SET_USER_MEMORY_REGION, &region) != 0) return trial_failed("give the guest memory");
  const Fd vcpu{::ioctl(machine.get(), KVM_CREATE_VCPU, 0)};
  if (!vcpu) return trial_failed("KVM_CREATE_VCPU");
  const int run_bytes = ::ioctl(kvm.get(), KVM_GET_VCPU_MMAP_SIZE, 0);
  if (run_bytes < static_cast<int>(sizeof(kvm_run))) return trial_failed("KVM_GET_VCPU_MMAP_SIZE");
  const auto* run = static_cast<const kvm_run*>(
      ::mmap(nullptr, static_cast<std::size_t>(run_bytes), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu.get(), 0));
  if (run == MAP_FAILED) return trial_failed("map the vCPU");
  if (Trial set = set_registers(vcpu.get()); !set.works()) return set;
  const auto begin = std::chrono::steady_clock::now();
  if (::ioctl(vcpu.get(), KVM_RUN, 0) != 0) return trial_failed("KVM_RUN");
  const auto nanoseconds =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - begin).count();
  if (run->exit_reason != KVM_EXIT_HLT) {
    return {EIO, "KVM_RUN: the guest stopped with exit reason " + std::to_string(run->exit_reason)};
  }
  // A processor takes about a nanosecond a turn, and tens of microseconds to get in and out.
  constexpr long kEmulatedNs = 100;
  const long turn_ns = static_cast<long>(nanoseconds / kTurns);
  if (turn_ns < kEmulatedNs) return {0, "a guest runs at the processor's speed"};
  return {EOPNOTSUPP, "a guest runs, but its kernel-mode code is emulated: " + std::to_string(turn_ns) +
                          " ns for a loop turn that takes about 1; stock kernels cannot be used"};
}

}  // namespace

Trial try_kvm() { return try_in_child(run_machine); }

}  // namespace belljar::os
