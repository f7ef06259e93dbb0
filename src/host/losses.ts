// What it means that a protection is not in force, for whoever runs tests or programs without it.

/** By the name that reports have for it, or by its first word. */
const losses: Record<string, string> = {
  namespaces: "files are written to the real project, HOME and /tmp; the network is the host's, and so are the processes",
  'pid namespace': 'processes of the host are seen, and what is left running may go on',
  'net namespace': "the network is the host's",
  'ipc namespace': 'System V IPC and message queues are shared with the host',
  'uts namespace': "the host name is the host's",
  'cgroup namespace': 'the place in the cgroups of the host is seen',
  'read-only': 'files of the host that are neither in the project nor in HOME can be written to',
  overlay: 'it is not under a throwaway layer',
  'pivot-root': "the root is the host's",
  proc: 'processes of the host are seen',
  dev: "devices are the host's",
  interface: 'the machine has no address besides localhost',
  capabilities: 'root inside keeps its power over mounts and namespaces',
  seccomp: 'no system call is denied',
}

export function lossOf(protection: string): string | undefined {
  return losses[protection] ?? losses[protection.split(' ')[0] ?? '']
}
