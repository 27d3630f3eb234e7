#!/bin/bash
# The same scenario ten times: as it is, with half the CPU, with every core of the machine kept busy. Expects one
# transcript digest.   Usage: repeat_bench.sh BELLJAR SCENARIO
# The scenario gives its models `cpu: 1`, of which half is taken.
set -u
belljar=$1
scenario=$2
work=$(mktemp -d /tmp/belljar-repeat-XXXXXX)
busy=()
trap '[ ${#busy[@]} -gt 0 ] && kill "${busy[@]}"; rm -rf "$work"' EXIT

folder=$(dirname "$scenario")
half=$(mktemp "$folder/.repeat-half-XXXXXX.yaml")
trap '[ ${#busy[@]} -gt 0 ] && kill "${busy[@]}"; rm -rf "$work" "$half"' EXIT
sed 's/cpu: 1\b/cpu: 0.5/' "$scenario" >"$half"

run() {
  local begin digest
  begin=$(date +%s%N)
  digest=$("$belljar" run "$2" --out "$work/$1" --json 2>/dev/null | tail -1 | grep -o '"transcript_digest":"[^"]*"')
  echo "$1 $(((($(date +%s%N) - begin)) / 1000000)) ms $digest"
  echo "$digest" >>"$work/digests"
}

for turn in 1 2 3; do run "plain-$turn" "$scenario"; done
for turn in 1 2 3; do run "half-$turn" "$half"; done
for ((core = 0; core < $(nproc); ++core)); do
  while :; do :; done &
  busy+=($!)
done
for turn in 1 2 3 4; do run "busy-$turn" "$scenario"; done
distinct=$(sort -u "$work/digests" | wc -l)
echo "10 runs, $distinct distinct digests"
[ "$distinct" = 1 ] && grep -q sha256 "$work/digests"
