BEGIN { srand(); print srand(), rand(), rand(); "date +%s%N" | getline now; print now; for (i in ENVIRON) print i, ENVIRON[i] }
