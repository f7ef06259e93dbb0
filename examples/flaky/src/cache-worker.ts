// A worker thread with a cache of its own, which is told by a broadcast what is no longer good.

import { BroadcastChannel, parentPort } from 'node:worker_threads'

const channel = new BroadcastChannel('cache')
channel.onmessage = ({ data }) => {
  parentPort?.postMessage({ dropped: (data as { drop: string }).drop })
  channel.close()
}
parentPort?.postMessage('ready')
