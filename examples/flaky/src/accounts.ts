import { scrypt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Roles are read from a file when the service starts; passwords are hashed with scrypt. */
export class Accounts {
  #roles: Record<string, string> = {}

  async start(rolesFile: string): Promise<void> {
    this.#roles = JSON.parse(await readFile(rolesFile, 'utf8')) as Record<string, string>
  }

  async signIn(user: string, password: string): Promise<{ role: string | undefined; key: string }> {
    const key = (await promisify(scrypt)(password, user, 32)) as Buffer
    return { role: this.#roles[user], key: key.toString('hex') }
  }
}
