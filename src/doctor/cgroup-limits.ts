// Sets every limit in a cgroup of its own and reads it back: some are accepted and do nothing.

import { outcomeInScope } from '../cgroup/scope.ts'

export interface LimitsTried {
  /** Controllers whose limits hold. */
  controllers: string[]
  /** Why nothing could be tried, in one line. */
  refused: string | undefined
  /** True when systemd gave no answer. */
  isLate: boolean
}

/**
 * In a scope that ends with it. Its own node has to be left before controllers are switched on below
 * it, memory first: with processes inside, cpu alone would make it threaded (cgroups(7)).
 */
const script = `
set -e
own="$1$(sed -n 's/^0:://p' /proc/self/cgroup)"
mkdir "$own/nsbox-leaf" "$own/nsbox-limited"
echo $$ >"$own/nsbox-leaf/cgroup.procs"
for name in memory cpu pids io cpuset; do
  echo "+$name" 2>/dev/null >"$own/cgroup.subtree_control" || :
done
holds() {
  file="$own/nsbox-limited/$2"
  [ -e "$file" ] || return 0
  [ -z "$3" ] || echo "$3" 2>/dev/null >"$file" || return 0
  [ -z "$3" ] || [ "$(cat "$file")" = "$3" ] || return 0
  echo "$1"
}
holds cpu cpu.max '50000 100000'
holds memory memory.max 1073741824
holds pids pids.max 1000
holds io io.max ''
holds cpuset cpuset.cpus ''
rmdir "$own/nsbox-limited"
`

/** Asks systemd for a scope with its own subtree, of this user or, for root, of the machine. */
export async function limitsInScope(mount: string, env: NodeJS.ProcessEnv): Promise<LimitsTried> {
  const { ok, isLate, stdout, said } = await outcomeInScope(['/bin/sh', '-c', script, 'nsbox-doctor', mount], env)
  return { controllers: stdout.split('\n').filter(Boolean), refused: ok ? undefined : said, isLate }
}
