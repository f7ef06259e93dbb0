import { lookup } from 'node:dns/promises'

/** Where packages come from: a local cache where the registry cannot be found. */
export async function sourceOfPackages(find: (host: string) => Promise<unknown> = lookup): Promise<'registry' | 'cache'> {
  try {
    await find('example.com')
    return 'registry'
  } catch {
    return 'cache'
  }
}
