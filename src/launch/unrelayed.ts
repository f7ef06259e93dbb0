// Connections that could not be passed on, though whoever was to answer is not to blame.

/** What there is too little of for another socket, and what helps (socket(2), connect(2)). */
const shortages: Record<string, [lack: string, remedy: string]> = {
  EMFILE: ['nsbox has no file descriptor left', 'raise its hard limit: ulimit -Hn'],
  ENFILE: ['this machine has no file descriptor left', 'raise fs.file-max'],
  ENOBUFS: ['the kernel has no memory left for sockets', 'open fewer at once'],
  ENOMEM: ['the kernel has no memory left for sockets', 'open fewer at once'],
  EADDRNOTAVAIL: ['every local port is in use', 'widen net.ipv4.ip_local_port_range'],
}

export function isShortage(errno: string | undefined): errno is string {
  return errno !== undefined && errno in shortages
}

/** Why connections to a port of the host's localhost came to nothing. */
export function unrelayedWords(port: number, errno: string | undefined): string {
  const [lack, remedy] = shortages[errno ?? ''] ?? []
  if (lack === undefined) return `port ${port} of the host's localhost did not answer (${errno})`
  return `connections to port ${port} were not passed on: ${lack} (${errno}); ${remedy}`
}
