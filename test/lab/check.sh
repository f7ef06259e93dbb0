#!/usr/bin/env bash
# check.sh [DIRECTORY]: the tests that CI runs in guests, with vitest's JSON reports in the directory.
set -u
cd "$(dirname "$0")/../.."
results=$(realpath -m "${1:-.}")
failed=0

guest() { # name machine manager [options] [filters]
  local name=$1
  shift
  echo "== npm run lab -- $*"
  npm run --silent lab -- --timeout 1500 --results "$results/results-lab-$name.json" "$@" || failed=1
}

# One after the other: two uml guests side by side each take three times as long (README.md).
guest uml-plain uml plain limits/cgroup held-memory held-pids limits/guest limits/doctor
guest uml-systemd uml systemd limits/cgroup.test held-cpu held-others limits/guest limits/doctor test/plugin/limits test/plugin/cpu-limits
guest qemu-systemd qemu systemd held-cpu held-others limits/guest limits/doctor
exit $failed
