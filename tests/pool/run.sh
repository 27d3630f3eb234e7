#!/bin/bash
# `belljar pool` and `belljar exec` as a person types them, at a socket of their own.   Usage: run.sh BELLJAR
set -euo pipefail
belljar=$1
folder=$(mktemp -d)
export BELLJAR_POOL=$folder/socket
pool=
trap '[ -z "$pool" ] || kill -KILL "$pool" 2>/dev/null || true; rm -rf "$folder"' EXIT

die() {
  printf 'run.sh: %s\n' "$*" >&2
  exit 1
}
await() {
  for _ in $(seq 100); do
    if "$@" 2>/dev/null; then return 0; fi
    sleep 0.1
  done
  die "waited 10 s for: $*"
}
degraded=()
"$belljar" exec -- /bin/true || degraded=(--allow-degraded cgroup-memory --allow-degraded cgroup-processes --allow-degraded cgroup-cpu)
# Which engine made the sandbox, by the name of its control group; without groups, by nothing.
engine_of() { grep -o 'belljar/b[0-9]*-' "$1" | head -n 1; }

"$belljar" pool "${degraded[@]}" 2>"$folder/pool.log" &
pool=$!
await grep -q 'stand ready' "$folder/pool.log"

echo from stdin | "$belljar" exec "${degraded[@]}" --result "$folder/a.json" -- /bin/sh -c 'cat; echo to stderr >&2; exit 7' \
  >"$folder/out" 2>"$folder/err" && die "exit 0, expected 7" || [ $? = 7 ] || die "another exit code than 7"
[ "$(cat "$folder/out")" = "from stdin" ] || die "stdout: $(cat "$folder/out")"
[ "$(cat "$folder/err")" = "to stderr" ] || die "stderr: $(cat "$folder/err")"
grep -q '"destroyed": true' "$folder/a.json" || die "no proof of the end in the result"

# Another sandbox than the pool's is our own.
"$belljar" exec "${degraded[@]}" --limit wall=59s --result "$folder/b.json" -- /bin/true
if [ -n "$(engine_of "$folder/a.json")" ]; then
  "$belljar" exec "${degraded[@]}" --result "$folder/c.json" -- /bin/true
  [ "$(engine_of "$folder/a.json")" = "$(engine_of "$folder/c.json")" ] || die "two sandboxes of one pool have two engines"
  [ "$(engine_of "$folder/a.json")" != "$(engine_of "$folder/b.json")" ] || die "the pool served what it does not keep"
fi

"$belljar" pool "${degraded[@]}" 2>"$folder/second.log" && die "a second pool started"
grep -q 'another process does already' "$folder/second.log" || die "a second pool: $(cat "$folder/second.log")"

# Killed at its worst moment, with a program under way.
"$belljar" exec "${degraded[@]}" -- /bin/sleep 77125 2>"$folder/killed.log" &
guest=$!
await pgrep -fx '/bin/sleep 77125'
kill -KILL "$pool"
pool=
wait "$guest" && die "a program whose pool was killed ended with 0"
grep -q 'the pool ended' "$folder/killed.log" || die "a killed pool: $(cat "$folder/killed.log")"
none_left() { ! pgrep -fx '/bin/sleep 77125' >/dev/null; }
await none_left
"$belljar" exec "${degraded[@]}" -- /bin/true || die "no sandbox of our own after the pool was killed"

# And one that ends as asked leaves no socket.
"$belljar" pool "${degraded[@]}" 2>"$folder/pool.log" &
pool=$!
await grep -q 'stand ready' "$folder/pool.log"
kill -TERM "$pool"
wait "$pool" || die "a pool that was asked to end exits with $?"
[ ! -e "$BELLJAR_POOL" ] || die "a pool that ended left its socket"
pool=
