// The name in the UTS namespace (sethostname(2)).

import { bindChecked } from './libc.ts'

const sethostname_ = bindChecked('sethostname', 'int', ['str', 'ulong'])

export function setHostName(name: string): void {
  sethostname_(name, Buffer.byteLength(name))
}
