// Names and numbers of resource limits, pure data.

/** RLIMIT_* of getrlimit(2) on x64 and arm64, which count alike. */
export const resourceNumbers = {
  cpu: 0,
  fsize: 1,
  data: 2,
  stack: 3,
  core: 4,
  rss: 5,
  nproc: 6,
  nofile: 7,
  memlock: 8,
  as: 9,
  locks: 10,
  sigpending: 11,
  msgqueue: 12,
  nice: 13,
  rtprio: 14,
  rttime: 15,
} as const
export type Resource = keyof typeof resourceNumbers
