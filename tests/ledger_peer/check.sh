#!/bin/sh
# check.sh LEDGER_PEER: has records of several sizes accepted by the other implementation, and a false one refused.
set -eu
here=$(dirname "$(readlink -f "$0")")
packages=/usr/share/gocode
if ! command -v go >/dev/null || [ ! -d "$packages/src/golang.org/x/mod/sumdb/tlog" ]; then
  echo "skipped: no go, or no golang-golang-x-mod-dev"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
GO111MODULE=off GOFLAGS= GOPATH=$packages GOCACHE=$work/cache go build -o "$work/check" "$here/check.go"
for entries in 1 255 256 257 700 70000; do
  "$1" "$work/$entries" "$entries"
  [ "$entries" = 70000 ] || "$work/check" "$work/$entries"
done
# The largest has tiles of level 2; proofs of each entry of it would take minutes.
"$work/check" "$work/70000" 500
cp -r "$work/700" "$work/false"
printf 'x' | dd of="$work/false/ledger/tile/entries/001" bs=1 seek=100 conv=notrunc 2>/dev/null
if "$work/check" "$work/false" 2>/dev/null; then
  echo "a changed entry was accepted"
  exit 1
fi
