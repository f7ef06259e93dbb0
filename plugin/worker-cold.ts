// Entry of a pool worker that starts as a fresh node: the channel is descriptor 3.

import { Channel } from '../src/wire/channel.ts'
import { prepare, run } from './worker.ts'

const channelFd = 3

const [, , vitestDist, looks] = process.argv
await prepare({ vitestDist, looks: looks === 'looks' })
run({ channel: new Channel(channelFd, 'blocking'), data: undefined })
