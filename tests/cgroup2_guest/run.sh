#!/bin/bash
# Boots a Linux guest whose control groups are v2 and nothing else, and runs the tests of control groups and
# host facts in it.
#
#   tests/cgroup2_guest/run.sh TEST_PROGRAM CACHE_DIRECTORY [gtest arguments]
#
# The guest is emulated (no /dev/kvm needed) and has no network and no disk. Its kernel is Debian's, downloaded once
# into CACHE_DIRECTORY; BELLJAR_GUEST_KERNEL names another. Exit code: 0 passed, 1 failed, 77 skipped (something is
# missing here; the last line says what).
set -euo pipefail

program=$1
cache=$2
shift 2
arguments=${*:---gtest_color=no --gtest_filter=*Cgroup*:HostFacts*-*v1_alone}
here=$(dirname "$(readlink -f "$0")")

skip() {
  printf 'SKIPPED: %s\n' "$*"
  exit 77
}

for tool in qemu-system-x86_64 cpio busybox gzip; do
  command -v "$tool" >/dev/null || skip "$tool is not installed (apt-get install qemu-system-x86 cpio busybox-static)"
done
! busybox_needs=$(ldd "$(command -v busybox)" 2>/dev/null) || skip "busybox is not static (apt-get install busybox-static): $busybox_needs"
mkdir -p "$cache"

download_kernel() {
  command -v apt-get >/dev/null || skip 'no kernel image: set BELLJAR_GUEST_KERNEL'
  local package work=$cache/download
  package=$(apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends: linux-image/ { print $2; exit }') || true
  [ -n "$package" ] || skip 'apt knows no linux-image-amd64: set BELLJAR_GUEST_KERNEL'
  rm -rf "$work" && mkdir -p "$work"
  (cd "$work" && apt-get download -q "$package" >/dev/null 2>&1) || skip "apt-get download $package failed: set BELLJAR_GUEST_KERNEL"
  dpkg-deb --fsys-tarfile "$work"/*.deb | tar -x -C "$work" --wildcards './boot/vmlinuz-*'
  mv "$work"/boot/vmlinuz-* "$cache/vmlinuz"
  rm -rf "$work"
}

kernel=${BELLJAR_GUEST_KERNEL:-$cache/vmlinuz}
[ -f "$kernel" ] || download_kernel

root=$(mktemp -d "$cache/root.XXXXXX")
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
mkdir -p "$root"/{bin,dev,proc,sys,tmp,run}
cp "$(command -v busybox)" "$root/bin/busybox"
install -m 755 "$program" "$root/test"
install -m 755 "$here/init" "$root/init"
printf '%s\n' "$arguments" >"$root/arguments"
(cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$root.cpio.gz"
trap 'rm -rf "$root" "$root.cpio.gz"' EXIT

output=$(timeout 250 qemu-system-x86_64 -accel tcg,thread=multi -M q35 -cpu max -m 512 -smp 2 -nographic -nodefaults \
  -serial stdio -no-reboot -kernel "$kernel" -initrd "$root.cpio.gz" \
  -append 'console=ttyS0 quiet panic=-1 reboot=t mitigations=off cgroup_no_v1=all' </dev/null | tr -d '\r') || true
printf '%s\n' "$output"
case "$output" in
  *'GUEST EXIT 0'*) echo 'PASSED in the guest' ;;
  *'GUEST EXIT'*) echo 'FAILED in the guest' && exit 1 ;;
  *) echo 'FAILED: the guest ended before its tests did' && exit 1 ;;
esac
