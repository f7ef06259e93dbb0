// The environment of programs whose overlays are separate, because the changes of each are wanted.

/** git stops at the border between two overlays as at one between file systems, and would not find its repository (git(1)). */
export const apartEnvironment: Readonly<Record<string, string>> = { GIT_DISCOVERY_ACROSS_FILESYSTEM: 'true' }
