// What errors of the library say of options, at the end of their messages. Whoever gave flags reads of flags there.

export const spokenOptions = {
  unsealed: "seal: 'prefer' stops there, seal: 'optional' goes on",
  hostPorts: "with net: 'host' there is but one localhost: leave out one of the two",
  hostTraffic: "with net: 'host' localhost is the host's own: leave out one of the two",
} as const
