// Entry of a call in a fresh node: the channel is descriptor 3, and its first message the request.

import { Channel } from '../wire/channel.ts'
import { run } from './call.ts'

const channelFd = 3

const channel = new Channel(channelFd, 'blocking')
const first = (data: unknown) => {
  channel.off(first)
  void run({ channel, data })
}
channel.on(first)
