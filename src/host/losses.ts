// The consequences of a missing protection, in the user's words.

/** By the protection's name in reports, or by its first word. */
const losses: Record<string, string> = {
  namespaces: "programs write to the real project, HOME and /tmp, use the host's network and see its processes",
  'pid namespace': 'programs see the processes of the host, and those that they leave may go on running',
  'net namespace': "the network is the host's",
  'ipc namespace': 'System V IPC and message queues are shared with the host',
  'uts namespace': "the host name is the host's",
  'cgroup namespace': 'programs see their cgroup by its path on the host',
  'read-only': 'programs can write to files of the host outside of the project and HOME',
  overlay: 'nothing is thrown away that is written there',
  'pivot-root': "the root is the host's",
  proc: 'programs see the processes around the sandbox',
  dev: "the devices are the host's",
  interface: 'the machine has no address besides localhost',
  capabilities: 'root inside can change mounts and namespaces',
  seccomp: 'no system call is denied',
}

export function lossOf(protection: string): string | undefined {
  return losses[protection] ?? losses[protection.split(' ')[0] ?? '']
}
