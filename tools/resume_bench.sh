#!/bin/bash
# Kills `belljar run` at random moments and goes on with it: resume_bench.sh BELLJAR SCENARIO [TIMES]
# A moment is drawn from the length of one whole run. After each resumed run: its transcript digest is the whole run's,
# its record verifies, and it holds as many messages as the whole run's: nothing is counted twice.
set -u
belljar=$1
scenario=$2
times=${3:-30}
work=$(mktemp -d /tmp/belljar-resume-XXXXXX)
trap 'rm -rf "$work"' EXIT

member() { grep -o "\"$1\":\"\?[^\",]*" | head -1 | sed 's/.*://; s/"//g'; }
messages() { find "$1/ledger/tile/entries" -type f -exec cat {} + | grep -ao '"state":"attempted"' | wc -l; }

begin=$(date +%s%N)
whole=$("$belljar" run "$scenario" --out "$work/whole" --json 2>/dev/null | tail -1 | member transcript_digest)
length=$(( ($(date +%s%N) - begin) / 1000000 ))
bad=0
resumed=0
early=0
late=0
for ((turn = 0; turn < times; ++turn)); do
  run=$work/run$turn
  "$belljar" run "$scenario" --quiet --out "$run" >/dev/null 2>&1 &
  pid=$!
  sleep "$(awk -v ms="$(((RANDOM * 32768 + RANDOM) % length))" 'BEGIN {print ms / 1000}')"
  kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  if [ ! -e "$run/inputs/index.json" ]; then
    early=$((early + 1))
    continue
  fi
  if [ -e "$run/ledger/checkpoint" ] && "$belljar" verify "$run" --json 2>/dev/null | grep -q '"complete":true'; then
    late=$((late + 1))
    continue
  fi
  "$belljar" run --resume "$run" --json >"$work/told" 2>"$work/error"
  digest=$(tail -1 "$work/told" | member transcript_digest)
  if [ "$digest" = "$whole" ] && "$belljar" verify "$run" >/dev/null 2>&1 &&
    [ "$(messages "$run")" = "$(messages "$work/whole")" ]; then
    resumed=$((resumed + 1))
  elif grep -q 'before anything of it was signed' "$work/error" "$work/told"; then
    early=$((early + 1))
  else
    echo "kill $turn: $digest, expected $whole"
    tail -1 "$work/error"
    bad=$((bad + 1))
  fi
done
echo "$times kills over runs of $length ms: $resumed resumed to the same transcript, $early before anything was signed, $late after the end, $bad bad"
((bad == 0))
