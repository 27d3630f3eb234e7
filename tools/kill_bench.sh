#!/bin/bash
# Kills `belljar run` at random moments and looks for what is left: kill_bench.sh BELLJAR SCENARIO [TIMES]
# A moment is drawn from the length of one whole run. After each kill: no process in a sandbox of that run, no cgroup of
# it, and its record verifies up to its last checkpoint. Exit code 1 when anything is left.
set -u
belljar=$1
scenario=$2
times=${3:-50}
work=$(mktemp -d /tmp/belljar-kill-XXXXXX)
trap 'rm -rf "$work"' EXIT

groups() { find /sys/fs/cgroup -mindepth 2 -maxdepth 4 -type d -path '*/belljar/b*' 2>/dev/null | sort; }
ours() { pgrep -x belljar-init | sort; }

begin=$(date +%s%N)
"$belljar" run "$scenario" --quiet --out "$work/whole" >/dev/null 2>&1
length=$(( ($(date +%s%N) - begin) / 1000000 ))
sleep 1  # the launcher of the whole run ends a moment after it
groups >"$work/groups.before"
ours >"$work/processes.before"
bad=0
verified=0
early=0
for ((turn = 0; turn < times; ++turn)); do
  run=$work/run$turn
  "$belljar" run "$scenario" --quiet --out "$run" >/dev/null 2>&1 &
  pid=$!
  sleep "$(awk -v ms="$(((RANDOM * 32768 + RANDOM) % length))" 'BEGIN {print ms / 1000}')"
  kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  for ((patience = 0; patience < 100; ++patience)); do
    ours >"$work/processes.after"
    groups >"$work/groups.after"
    left=$(comm -13 "$work/processes.before" "$work/processes.after"; comm -13 "$work/groups.before" "$work/groups.after")
    [ -z "$left" ] && break
    sleep 0.05
  done
  if ((patience == 100)); then
    echo "kill $turn: left: $left"
    bad=$((bad + 1))
  fi
  if [ ! -e "$run/ledger/checkpoint" ]; then
    early=$((early + 1))
  elif "$belljar" verify "$run" >"$work/verify" 2>&1; then
    verified=$((verified + 1))
  else
    echo "kill $turn: the record does not verify:"
    head -3 "$work/verify"
    bad=$((bad + 1))
  fi
done
echo "$times kills over runs of $length ms: $verified records verify, $early kills came before the first checkpoint, $bad bad"
((bad == 0))
