import { expect, test } from 'vitest'
import { placeFrom, type Traces } from '../../../src/host/place.ts'

const debian: Traces = { env: {}, osrelease: '6.12.0-1-amd64', exists: () => false, initialNamespaces: true, ownDev: false }
const container = (...files: string[]): Traces => ({ ...debian, exists: (path) => files.includes(path), initialNamespaces: false })
const github = { GITHUB_ACTIONS: 'true', RUNNER_ENVIRONMENT: 'github-hosted' }

test.each<[string, Traces, string]>([
  ['a machine without marks', debian, 'host'],
  ['WSL 2', { ...debian, osrelease: '6.6.87.2-microsoft-standard-WSL2', initialNamespaces: false }, 'wsl2'],
  ['WSL 2 with a kernel of 2020', { ...debian, osrelease: '4.19.104-microsoft-standard' }, 'wsl2'],
  ['WSL 1', { ...debian, osrelease: '4.4.0-19041-Microsoft' }, 'wsl1'],
  ['a runner of GitHub', { ...debian, env: github }, 'github-hosted'],
  ['a runner that is not hosted by GitHub', { ...debian, env: { ...github, RUNNER_ENVIRONMENT: 'self-hosted' } }, 'host'],
  ['Docker', container('/.dockerenv'), 'docker'],
  ['Docker, in a job of GitHub', { ...container('/.dockerenv'), env: github }, 'docker'],
  ['Docker, on WSL 2', { ...container('/.dockerenv'), osrelease: '6.6.87.2-microsoft-standard-WSL2' }, 'docker'],
  ['a virtual machine made from an image of Docker', { ...container('/.dockerenv'), initialNamespaces: true }, 'host'],
  ['Podman', container('/run/.containerenv', '/.dockerenv'), 'podman'],
  ['Kubernetes', { ...container(), env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } }, 'kubernetes'],
  ['a sandbox, in Docker', { ...container('/.dockerenv'), ownDev: true }, 'sandbox'],
  ['another engine', container('/run/systemd/container'), 'container'],
])('%s', (_, traces, place) => {
  expect(placeFrom(traces)).toBe(place)
})
