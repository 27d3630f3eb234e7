// A program that asks every clock a C++ program has, the time stamp counter among them, and shows its addresses.
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>
#include <x86intrin.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <thread>
#include <unordered_set>

int main() {
  using namespace std::chrono;
  std::printf("%lld %lld %ld\n", static_cast<long long>(system_clock::now().time_since_epoch().count()),
              static_cast<long long>(steady_clock::now().time_since_epoch().count()), std::clock());
  unsigned processor = 7;
  const unsigned long long first = __rdtsc();
  const unsigned long long second = __rdtscp(&processor);
  std::printf("%llu %llu %u %d\n", first, second, processor, sched_getcpu());
  std::this_thread::sleep_for(milliseconds{5});
  std::this_thread::sleep_until(steady_clock::now() + milliseconds{5});
  std::this_thread::sleep_until(system_clock::now() + milliseconds{5});
  timeval now{};
  gettimeofday(&now, nullptr);
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  std::printf("%ld.%06ld %ld %ld %u\n", now.tv_sec, now.tv_usec, used.ru_maxrss, used.ru_utime.tv_usec,
              std::thread::hardware_concurrency());
  auto* heap = new std::string(100, 'x');
  std::unordered_set<void*> addresses{heap, &now, reinterpret_cast<void*>(&main), std::malloc(1 << 20)};
  for (const void* address : addresses) std::printf("%p ", address);
  std::mt19937_64 engine{static_cast<unsigned long>(std::time(nullptr)) ^ static_cast<unsigned long>(getpid())};
  std::printf("%llu\n", static_cast<unsigned long long>(engine()));
}
