// What a program finds where each overlay is to tell its changes by itself.

/** git takes the border between two overlays for one between file systems, and would look no further for its repository (git(1)). */
export const apartEnvironment: Readonly<Record<string, string>> = { GIT_DISCOVERY_ACROSS_FILESYSTEM: 'true' }
