// std::random_device reads the processor's own generator: no call, so nothing to answer. On the published list.
#include <cstdio>
#include <random>

int main() { std::printf("%u\n", std::random_device{}()); }
