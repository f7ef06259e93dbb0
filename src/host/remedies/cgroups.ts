// Where limits by cgroup cannot be set.

import { shellWord } from '../../quoted.ts'
import { isContainer, type Place } from '../place.ts'
import type { Remedy } from './remedy.ts'

export function switchToCgroup2(place: Place, systemd: boolean): Remedy {
  const why = 'The controllers are bound to cgroup v1'
  const parameter = 'systemd.unified_cgroup_hierarchy=1'
  if (place === 'wsl2') {
    return {
      why,
      commands: [],
      where: 'outside',
      note: 'In .wslconfig, section [wsl2]: kernelCommandLine = cgroup_no_v1=all. In /etc/wsl.conf, section [boot]: systemd=true. Then wsl.exe --shutdown.',
    }
  }
  const where = isContainer(place) ? 'outside' : 'here'
  if (!systemd) {
    const note =
      'The kernel parameter cgroup_no_v1=all leaves them to v2; what starts the machine has to mount it. Containers follow their host.'
    return { why, commands: [], where, note }
  }
  return {
    why,
    commands: [
      `if command -v grubby >/dev/null; then sudo grubby --update-kernel=ALL --args=${parameter}
else echo 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX ${parameter}"' | sudo tee -a /etc/default/grub && sudo update-grub
fi`,
    ],
    where,
    note: 'It holds from the next start on.',
  }
}

/** Delegated by systemd to the manager of each user (systemd.resource-control(5), Delegate=). */
const dropIn = `sudo mkdir -p /etc/systemd/system/user@.service.d
sudo tee /etc/systemd/system/user@.service.d/delegate.conf >/dev/null <<'UNIT'
[Service]
Delegate=cpu cpuset io memory pids
UNIT`

export function delegateControllers(missing: readonly string[]): Remedy {
  return {
    why: `systemd gives users no control of ${missing.join(', ')}`,
    commands: [dropIn, 'sudo systemctl daemon-reload', 'sudo systemctl restart "user@$(id -u).service"'],
    where: 'here',
    note: "The last line ends the user's own services; logging out and in again, or a restart of the machine, does too.",
  }
}

export function keepUserManager(): Remedy {
  return {
    why: "No systemd of this user's own runs that could give it a cgroup",
    commands: ['sudo loginctl enable-linger "$(id -un)"', 'export XDG_RUNTIME_DIR="/run/user/$(id -u)"'],
    where: 'here',
    note: 'The export belongs into the environment that nsbox is started from, such as the env of a CI job.',
  }
}

export function setRuntimeDirectory(): Remedy {
  return {
    why: "XDG_RUNTIME_DIR is not set, by which systemd's tools find the user's systemd",
    commands: ['export XDG_RUNTIME_DIR="/run/user/$(id -u)"'],
    where: 'here',
    note: 'It belongs into the environment that nsbox is started from, such as the env of a CI job.',
  }
}

/** Of the cgroup at `path`, which is writable to its owner alone. */
export function ownCgroup(path: string): Remedy {
  const files = ['', '/cgroup.procs', '/cgroup.subtree_control', '/cgroup.threads'].map((file) => shellWord(`${path}${file}`))
  return {
    why: 'The own cgroup belongs to another user',
    commands: [`sudo chown "$(id -u)" ${files.join(' ')}`],
    where: 'here',
    note: 'In a container: as root, before nsbox starts as another user.',
  }
}

export function writableCgroups(place: Place): Remedy {
  const why = 'The own cgroup cannot be written to'
  switch (place) {
    case 'docker':
      return { why, commands: ['docker run --security-opt writable-cgroups=true'], where: 'outside', note: 'Docker 28 or later.' }
    case 'podman':
      return { why, commands: ['podman run --security-opt unmask=/sys/fs/cgroup'], where: 'outside' }
    case 'kubernetes':
    case 'container':
      return { why, commands: [], where: 'outside', note: 'Its engine has to mount /sys/fs/cgroup writable, in a cgroup namespace.' }
    default:
      return {
        why,
        commands: [],
        where: 'here',
        note: 'Without systemd, root has to make a cgroup, give it to this user and start nsbox in it.',
      }
  }
}
