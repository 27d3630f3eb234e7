#!/bin/bash
# Processes that live at once: each has its own clock and chance, only their order is the kernel's.
for i in 3 1 2; do (sleep 0.00$i; echo $i $RANDOM; date +%N) | sort -r | tr 1 x; done
sleep 0.01 & first=$!; wait $first; date +%N
