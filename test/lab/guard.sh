#!/usr/bin/env bash
# guard.sh DIRECTORY: reads `+ GROUP` and `- GROUP`. When its input ends, however the writer did, it kills the
# process groups that are left and removes the directory.
trap '' HUP INT TERM
declare -A groups
while read -r sign group; do
  if [ "$sign" = + ]; then groups[$group]=1; else unset "groups[$group]"; fi
done
for group in "${!groups[@]}"; do
  kill -KILL -- "-$group"
  # A zombie that nobody reaps counts as there.
  for _ in {1..20}; do kill -0 -- "-$group" && sleep 0.1; done
done 2>/dev/null
rm -rf -- "$1"
