// Each knob as a flag.

import type { KnobName } from '../stress/knobs.ts'
import type { WordFlag } from './command-words.ts'

export const knobFlags: Record<Exclude<KnobName, 'seed'>, WordFlag> = {
  cpu: { value: 'N[/PERIOD]', help: 'processors: 0.25/1s is 250 ms of each second' },
  cores: { value: 'N', help: 'processors that may be used' },
  memory: { value: 'SIZE', help: 'what needs more is killed' },
  pids: { value: 'N', help: 'processes and threads at once' },
  nofile: { value: 'N', help: 'open descriptors of each process' },
  inotify: { value: 'N', help: 'watches of inotify' },
  disk: { value: 'SIZE', help: 'files that can be written' },
  inodes: { value: 'N', help: 'files and directories that can be made' },
  freeze: { value: 'TIME', help: 'all is stopped again and again, up to so long' },
  uv: { value: 'N', help: "threads of libuv's pool, which run when nothing else does" },
  net: { value: 'none', help: 'no network but its own localhost' },
  dns: { value: 'none', help: 'no name server answers' },
  delay: { value: 'TIME', help: 'of each packet to localhost' },
  loss: { value: 'FRACTION', help: 'of packets to localhost: 0.05 or 5%' },
  tz: { value: 'ZONE', help: 'time zone: Asia/Kathmandu, or hours ahead of UTC: +14' },
  locale: { value: 'NAME', help: 'such as tr_TR' },
  hostname: { value: 'NAME', help: 'host name' },
  uid: { value: 'root|caller', help: 'who the tests are' },
  monotonic: { value: 'TIME', help: 'how far the monotonic clock is ahead' },
  boottime: { value: 'TIME', help: 'how far the time since boot is ahead' },
  clock: { value: 'TIME', help: 'the wall clock: ahead by 200d, -1h; or what it shows, 2027-12-31T23:59' },
  shuffle: { value: 'tests|files|all', help: 'another order' },
  twins: { value: 'N', help: 'copies of the file at once, which share /tmp and network' },
}
