#!/bin/bash
echo $RANDOM $RANDOM $SRANDOM $SECONDS $EPOCHREALTIME $$ $BASHPID
date; date +%s.%N
for i in 1 2 3; do mktemp; done
sleep 0.02; date +%N; echo $SECONDS $RANDOM
head -c 12 /dev/urandom | od -An -tx1
