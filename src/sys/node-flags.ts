// Flags of V8 while it runs.

import { bind, hasSymbol } from './libc.ts'

/** v8::V8::SetFlagsFromString(const char*, size_t), which node exports. */
const symbol = '_ZN2v82V818SetFlagsFromStringEPKcm'
const setFlags = bind(symbol, 'void', ['str', 'ulong'])

/** As node:v8 does it; that module loads node's streams, some milliseconds of a command's start. */
export function setV8Flag(flag: string): void {
  if (hasSymbol(symbol)) setFlags(flag, Buffer.byteLength(flag))
  else process.getBuiltinModule('node:v8').setFlagsFromString(flag)
}
