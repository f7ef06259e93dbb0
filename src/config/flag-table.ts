// Flags of `nsbox run`, `shell` and `plan`, and the options that they stand for.

import { assignment, bindOf, descriptorOf, hostOf, hugetlbOf, ioOf, nameOf, numberOr, rlimitOf, tmpfsOf } from './flag-values.ts'

export type EnvironmentChange = { do: 'clear' } | { do: 'set'; name: string; value: string } | { do: 'unset'; name: string }

/** What to do with what the run changed. */
export interface ChangeFlags {
  diff: boolean
  apply: boolean
  yes: boolean
  keep?: string
  export?: string
}

export interface OutputFlags {
  json: boolean
  statusFd?: number
  controlFd?: number
}

export interface Flag {
  /** What stands for the value in the help; a flag without is on or off. */
  value?: string
  help: string
  /** The option of the library that it sets, so that errors can name the flag. */
  option?: string
  set(input: FlagInput, value: string): void
}

/** What flags collect, not checked yet. */
export interface FlagInput {
  sandbox: Record<string, unknown>
  program: Record<string, unknown>
  environment: EnvironmentChange[]
  changes: ChangeFlags
  output: OutputFlags
  dieWithParent: boolean
  help: boolean
}

const choice = (option: string, value: string, help: string): Flag => ({
  value,
  help,
  option,
  set: ({ sandbox }, given) => {
    sandbox[option] = given
  },
})

const list = (option: string, value: string, help: string, parse: (given: string) => unknown = (given) => given): Flag => ({
  value,
  help,
  option,
  set: ({ sandbox }, given) => {
    sandbox[option] = [...((sandbox[option] as unknown[]) ?? []), parse(given)]
  },
})

const byName = (option: string, value: string, help: string, parse: (given: string) => object): Flag => ({
  value,
  help,
  option,
  set: ({ sandbox }, given) => {
    sandbox[option] = { ...(sandbox[option] as object), ...parse(given) }
  },
})

const duration = (option: string, help: string): Flag => ({
  value: 'TIME',
  help,
  option,
  set: ({ program }, given) => {
    program[option] = given
  },
})

const count = (option: string, value: string, help: string): Flag => ({
  value,
  help,
  option,
  set: ({ sandbox }, given) => {
    sandbox[option] = numberOr(given)
  },
})

const privateOrHost = 'private|host'

/** In groups, as the help shows them. */
export const flagGroups: Record<string, Record<string, Flag>> = {
  Namespaces: {
    net: choice('net', 'none|localhost|host', "one that leads nowhere, with or without an address besides localhost, or the host's (none)"),
    forward: list('forward', 'PORT[:PORT]', "a port inside leads to one of the host's localhost"),
    expose: list('expose', 'PORT[:PORT]', "a port of the host's localhost leads to one inside; 0 is any"),
    host: byName('hosts', 'NAME=ADDRESS', 'a host name and its address, such as db.example=127.0.0.1', hostOf),
    pid: choice('pid', privateOrHost, 'processes (private)'),
    ipc: choice('ipc', privateOrHost, 'System V IPC and message queues (private)'),
    uts: choice('uts', privateOrHost, 'host name (private)'),
    cgroup: choice('cgroup', privateOrHost, 'view of cgroups (private)'),
    time: choice('time', privateOrHost, 'clocks (host)'),
    hostname: choice('hostname', 'NAME', 'host name inside (nsbox)'),
    uid: choice('uid', 'root|caller', 'who the command is inside (root)'),
    'map-range': choice('mapRange', 'none|auto', 'auto: the ids of /etc/subuid exist inside (none)'),
    'monotonic-offset': choice('monotonicOffset', 'TIME', 'how far the monotonic clock is ahead'),
    'boottime-offset': choice('boottimeOffset', 'TIME', 'how far the boot time clock is ahead'),
  },
  'File system': {
    overlay: list('overlays', 'DIR', "put DIR under a throwaway overlay (the caller's directory, and its git repository)"),
    layer: list('layers', 'DIR', 'lay DIR, or changes kept there, on it; the first is on top'),
    bind: list('binds', 'SRC[:DEST]', 'show SRC at DEST; writes reach the host (a file: not by rename)', (given) => bindOf(given, false)),
    'ro-bind': list('binds', 'SRC[:DEST]', 'show SRC at DEST, read-only', (given) => bindOf(given, true)),
    tmpfs: list('tmpfs', 'DIR[:size=SIZE,inodes=N]', 'an empty directory in memory', tmpfsOf),
    mask: list('masks', 'PATH', 'an empty file or directory in place of PATH'),
    rootfs: choice('rootfs', 'DIR', 'another root, under a throwaway overlay'),
    dev: list('devices', 'NAME', 'let a device in, such as kvm'),
    cwd: choice('cwd', 'DIR', 'working directory inside'),
    upper: choice('upper', 'auto|tmpfs|disk', 'where overlays keep what is written (auto)'),
  },
  Environment: {
    clearenv: { help: 'start from an empty environment', set: ({ environment }) => environment.push({ do: 'clear' }) },
    setenv: { value: 'NAME=VALUE', help: 'set a variable', set: ({ environment }, given) => environment.push(assignment(given)) },
    unsetenv: {
      value: 'NAME',
      help: 'remove a variable',
      set: ({ environment }, given) => environment.push({ do: 'unset', name: nameOf(given) }),
    },
  },
  'What the run changed': {
    diff: {
      help: 'print it',
      set: ({ changes }) => {
        changes.diff = true
      },
    },
    keep: {
      value: 'DIR',
      help: 'keep it in DIR, for --layer, diff and apply',
      set: ({ changes }, given) => {
        changes.keep = given
      },
    },
    apply: {
      help: 'ask, then merge it into the project',
      set: ({ changes }) => {
        changes.apply = true
      },
    },
    yes: {
      help: 'with --apply: do not ask',
      set: ({ changes }) => {
        changes.yes = true
      },
    },
    export: {
      value: 'FILE.tar',
      help: 'write it as an OCI image layer',
      set: ({ changes }, given) => {
        changes.export = given
      },
    },
  },
  Limits: {
    cpu: choice('cpu', 'N[/PERIOD]', 'processors: 0.5 is half of one; over 100 ms, or over PERIOD'),
    'cpu-weight': count('cpuWeight', 'N', 'share of contended processors, 1 to 10000 (100)'),
    cpus: choice('cpus', 'LIST', 'processors, such as 0-2,5'),
    memory: choice('memory', 'SIZE', 'what needs more is killed'),
    'memory-high': choice('memoryHigh', 'SIZE', 'from there on the kernel slows it down'),
    pids: count('pids', 'N', 'processes and threads at once'),
    disk: choice('disk', 'SIZE', 'files that overlays keep, and as much in each of /tmp and the like'),
    io: list('io', 'DEV:read=SIZE,…', 'speed of a disk a second: read, write, reads, writes', ioOf),
    hugetlb: byName('hugetlb', 'PAGE=SIZE', 'memory in huge pages, such as 2MB=64M', hugetlbOf),
    'limits-by': choice('limitsBy', 'auto|cgroup|emulation', 'what holds them (auto)'),
    'cgroup-parent': choice('cgroupParent', 'DIR', 'cgroup to make the one of the command in'),
    timeout: duration('timeout', 'then the command gets SIGTERM'),
    'kill-after': duration('killAfter', 'that long after it, everything is killed (5s)'),
    rlimit: byName('rlimits', 'NAME=N[:HARD]', 'a limit of getrlimit(2), such as nofile=64', rlimitOf),
    nice: count('nice', 'N', 'niceness'),
    'die-with-parent': {
      help: 'end when the process that started nsbox ends',
      set: (input) => {
        input.dieWithParent = true
      },
    },
  },
  Output: {
    seal: choice('seal', 'require|prefer|optional', 'a protection that cannot be had is an error, or is reported (require)'),
    'status-fd': {
      value: 'N',
      help: 'write JSON lines about the run to descriptor N',
      set: ({ output }, given) => {
        output.statusFd = descriptorOf(given)
      },
    },
    'control-fd': {
      value: 'N',
      help: 'read orders for the running command from descriptor N, as JSON lines',
      set: ({ output }, given) => {
        output.controlFd = descriptorOf(given)
      },
    },
    json: {
      help: 'print the report and changes as JSON on stderr',
      set: ({ output }) => {
        output.json = true
      },
    },
    help: {
      help: 'this text',
      set: (input) => {
        input.help = true
      },
    },
  },
}

/** One line for each flag, in groups. */
export function flagsHelp(): string {
  const left = (name: string, { value }: Flag) => `--${name}${value === undefined ? '' : ` ${value}`}`
  return Object.entries(flagGroups)
    .map(([title, group]) =>
      [`${title}:`, ...Object.entries(group).map(([name, flag]) => `  ${left(name, flag).padEnd(34)} ${flag.help}`)].join('\n'),
    )
    .join('\n\n')
}
