#!/bin/sh
# Runs /bin/true once through an OCI runtime, from a bundle made on first use: oci.sh crun|runc|podman
set -eu
runtime=$1
dir=${XDG_CACHE_HOME:-$HOME/.cache}/belljar-bench
root=$dir/rootfs
if [ ! -x "$root/bin/true" ]; then
  mkdir -p "$root/bin" "$root/lib64" "$root/lib/x86_64-linux-gnu" "$root/proc" "$root/dev" "$root/sys"
  cp /bin/true "$root/bin/true"
  cp /lib64/ld-linux-x86-64.so.2 "$root/lib64/"
  cp /lib/x86_64-linux-gnu/libc.so.6 "$root/lib/x86_64-linux-gnu/"
fi
if [ "$runtime" = podman ]; then
  exec podman --cgroup-manager=cgroupfs --events-backend=none --runtime runc run --ulimit nofile=1024:2048 \
    --ulimit nproc=1024:1024 --rm --network=none --read-only --rootfs "$root" /bin/true
fi
if [ ! -f "$dir/config.json" ]; then
  (cd "$dir" && runc spec && sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"\/bin\/true"/' config.json)
fi
if [ "$runtime" = crun ]; then
  # crun refuses a hybrid cgroup layout: hide v2 from it, in a mount namespace of its own.
  exec unshare -m sh -c 'umount /sys/fs/cgroup/unified 2>/dev/null; exec crun run -b "$1" "bench-$$"' sh "$dir"
fi
exec "$runtime" run -b "$dir" "bench-$$"
