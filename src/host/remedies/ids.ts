// Where a user has no uids besides its own (subuid(5), newuidmap(1)).

import { shellWord } from '../../quoted.ts'
import type { Remedy } from './remedy.ts'

export function installNewuidmap(): Remedy {
  return {
    why: 'newuidmap and newgidmap are not installed',
    commands: [
      `if command -v apt-get >/dev/null; then sudo apt-get install -y uidmap
else sudo dnf install -y shadow-utils
fi`,
    ],
    where: 'here',
  }
}

export function addRanges(user: string): Remedy {
  return {
    why: `/etc/subuid or /etc/subgid has no ids for ${user}`,
    commands: [`sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${shellWord(user)}`],
    where: 'here',
    note: 'Another range where another user has this one: cat /etc/subuid /etc/subgid.',
  }
}

export function makeSetuid(programs: readonly string[]): Remedy {
  return {
    why: 'newuidmap and newgidmap have no power here',
    commands: [`sudo chmod u+s ${programs.map(shellWord).join(' ')}`],
    where: 'here',
    note: 'It does not help in a container or under no_new_privs, where setuid programs gain nothing.',
  }
}
