#!/usr/bin/env bash
# check.sh [DIRECTORY]: all that CI runs in guests, with vitest's JSON reports in the directory.
set -u
cd "$(dirname "$0")/../.."
results=$(realpath -m "${1:-.}")
count=0 failed=0

guest() { # machine manager [options] [filters]
  echo "== npm run lab -- $*"
  count=$((count + 1))
  npm run --silent lab -- --timeout 1200 --results "$results/results-lab-$count.json" "$@" || failed=1
}

guest uml plain cgroup held-memory held-pids guest doctor -- --retry=2
guest uml systemd cgroup.test held-cpu held-others guest doctor -- --retry=2
guest uml systemd --project plugin plugin/limits -- --retry=2
# Its emulated processor lets node crash now and then: README.md.
guest qemu systemd held-cpu held-others guest doctor -- --retry=6
exit $failed
