// The devices of every sandbox.

/** Bound from the host's /dev, because a user namespace may not make device nodes. */
export const usualDevices: readonly string[] = ['null', 'zero', 'full', 'random', 'urandom', 'tty']
