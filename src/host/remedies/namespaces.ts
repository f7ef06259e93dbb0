// Where the kernel gives ordinary users no user namespaces, or powerless ones.

import { shellWord } from '../../quoted.ts'
import type { Place } from '../place.ts'
import type { Remedy } from './remedy.ts'

export function turnUserNamespacesOn(): Remedy {
  return {
    why: 'User namespaces are off for ordinary users',
    commands: ['sudo sysctl -w kernel.unprivileged_userns_clone=1'],
    where: 'here',
    note: 'It holds until the next start; a file in /etc/sysctl.d makes it last.',
  }
}

export function mapCaller(): Remedy {
  return {
    why: 'The user or the group of this process does not exist in its user namespace',
    commands: [],
    where: 'outside',
    note: 'What made that namespace has to map both: unshare --user --map-user=… --map-group=…',
  }
}

/** For a kind as in the name of the sysctl: `user`, `net`, `mnt`. */
export function raiseLimit(kind: string, why: string, inContainer: boolean): Remedy {
  return {
    why,
    commands: [`sudo sysctl -w user.max_${kind}_namespaces=15000`],
    where: inContainer ? 'outside' : 'here',
    note: 'It holds until the next start; a file in /etc/sysctl.d makes it last. In a sandbox or container the limit may be its own.',
  }
}

/** Where the copy of node goes: owned by root, so that nobody can put another program in its place. */
const ownNode = '/opt/nsbox/bin/node'

/**
 * AppArmor attaches a profile by the path of what is executed (apparmor.d(5)). To name the user's own
 * node would lift the restriction for everything that node runs.
 */
const profile = `sudo tee /etc/apparmor.d/nsbox >/dev/null <<'PROFILE'
abi <abi/4.0>,
include <tunables/global>

profile nsbox ${ownNode} flags=(unconfined) {
  userns,

  include if exists <local/nsbox>
}
PROFILE`

const everyProgram = 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'

export function exemptFromApparmor(place: Place, node: string): Remedy {
  const why = 'AppArmor takes all power from user namespaces of ordinary users'
  if (place === 'github-hosted') {
    return { why, commands: [everyProgram], where: 'here', note: 'A step before the tests. The runner is thrown away after the job.' }
  }
  if (node === ownNode) {
    return {
      why: `${why}, and its profile for ${ownNode} is not loaded`,
      commands: [profile, 'sudo apparmor_parser --replace /etc/apparmor.d/nsbox'],
      where: 'here',
    }
  }
  return {
    why,
    commands: [`sudo install -D -m 755 ${shellWord(node)} ${ownNode}`, profile, 'sudo apparmor_parser --replace /etc/apparmor.d/nsbox'],
    where: 'here',
    note:
      `The profile is for that copy of node alone; everything else stays restricted. Start nsbox with it: ` +
      `${ownNode} node_modules/nsbox/dist/cli.cjs vitest. Copy node again when it is updated.`,
    instead: { why: 'to lift it for every program of this machine until the next start', commands: [everyProgram] },
  }
}

export function loadVeth(): Remedy {
  return {
    why: 'The kernel has no veth interfaces',
    commands: ['sudo modprobe veth'],
    where: 'here',
    note: "net: 'localhost' does without.",
  }
}
