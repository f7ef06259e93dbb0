// Where the kernel or its file systems cannot do what a seal needs.

import type { Place } from '../place.ts'
import type { Remedy } from './remedy.ts'

const updateWsl: Pick<Remedy, 'commands' | 'where' | 'note'> = {
  commands: ['wsl.exe --update && wsl.exe --shutdown'],
  where: 'outside',
  note: 'In Windows. A line kernel= in .wslconfig keeps an own kernel: remove it or build a newer one.',
}

export function updateKernel(place: Place, why: string): Remedy {
  if (place === 'wsl1') return { why, commands: ['wsl.exe --set-version $WSL_DISTRO_NAME 2'], where: 'outside', note: 'In Windows.' }
  if (place === 'wsl2') return { why, ...updateWsl }
  return {
    why,
    commands: [],
    where: 'outside',
    note: 'The kernel of the distribution has to be updated, or the container run on a newer host.',
  }
}

export function loadOverlay(): Remedy {
  return { why: 'The kernel has no overlay file system', commands: ['sudo modprobe overlay'], where: 'here' }
}

export function otherDirectory(): Remedy {
  return {
    why: 'The directory may hold another mount, lie on a second overlay, or the kernel may be older than 5.11',
    commands: [],
    where: 'here',
    note: 'findmnt -R shows the mounts. In a container, a volume for the workspace takes it off the overlay of the image.',
  }
}

export function mountVarTmp(place: Place): Remedy {
  const why = 'An overlay cannot keep its files in /var/tmp'
  if (place === 'docker' || place === 'podman') {
    const note = "A volume is no overlay, as the container's own file system is."
    return { why, commands: [`${place} run --volume /var/tmp`], where: 'outside', note }
  }
  const note = 'It has to be a writable directory of a file system such as ext4, xfs or btrfs: in a container, a volume.'
  return { why, commands: [], where: 'here', note }
}
