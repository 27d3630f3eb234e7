# Adds one to x and counts its questions, so that an answer tells what came before it.
n=0
while read -r line; do
  id=${line#*\"id\":\"}; id=${id%%\"*}
  x=${line#*\"x\":}; x=${x%%[,\}]*}
  n=$((n + 1))
  printf '{"id":"%s","x":%d,"n":%d,"label":"b"}\n' "$id" $((x + 1)) $n
done
