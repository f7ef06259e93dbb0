// Options that let a sandbox reach parts of the host, or be reached. `reach-schema.ts` checks them.

export interface ReachOptions {
  /**
   * `none`: a network of its own, which leads nowhere. Besides localhost the machine has one address in it, and every server can be
   * reached at that too. `localhost`: without that address. `host`: the host's network. @default 'none'
   */
  net?: 'none' | 'localhost' | 'host'
  /**
   * TCP ports of the host's localhost that can be reached at localhost inside: `5432`, or `'6379:16379'` where
   * 6379 inside is 16379 of the host.
   */
  forward?: (number | string)[]
  /** TCP ports of localhost inside that can be reached at the host's localhost: `3000`, or `'8080:3000'` where 8080 of the host is 3000 inside. */
  expose?: (number | string)[]
  /** Paths of the host, sockets among them, to let in: `'~/.cache/ms-playwright'`. Read-only, unless `:rw` follows. `~` is HOME. */
  allow?: (string | { path: string; writable?: boolean })[]
  /** Addresses of host names: `{ 'db.example': '127.0.0.1' }`. */
  hosts?: Record<string, string>
}
