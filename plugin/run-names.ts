// Names that programs look for and run: package managers, build tools, test runners, editors, git. What a test writes must have none
// of them.

/** Directories that git and package managers run programs from. */
const directories = ['.git', '.hg', '.svn', '.jj', '.husky', 'node_modules', 'bower_components']

/** Modules that tools import by their name. A directory with an index can stand for one. */
const modules = [
  /\.(config|conf|setup|workspace)(\.babel)?\.[cm]?[jt]sx?$/i,
  /^((gulp|grunt|jake|broc|knex|danger|plop|pnpm|hereby)file|package-scripts|wallaby|ember-cli-build)(\.babel)?\.[cm]?[jt]sx?$/i,
  // npm links a prebuilt one, and require() finds it without its ending.
  /\.node$/,
]

/** Files with commands, plugins or code, or with the names of some. */
const files = [
  // Packages and workspaces of JavaScript.
  /^(package|npm-shrinkwrap|jsconfig|tsconfig.*|deno|jsr|import_map|bunfig|pnpm-workspace|lerna|rush|turbo|nx|project|workspace|angular|nest-cli|nodemon|bower|devbox|devcontainer|vercel|netlify|wrangler|firebase|serverless|cdk)\.(json[c5]?|ya?ml|toml)$/i,
  /\.(config|workspace)\.(json[c5]?|ya?ml|toml)$/i,
  /\.(code-workspace|sublime-project)$/i,
  // Hooks, tasks, containers, CI.
  /^lefthook(-local)?\.(json[c5]?|ya?ml|toml)$/i,
  /^(docker-)?compose([.-][\w-]+)*\.ya?ml$/i,
  /^(action|appveyor|azure-pipelines|bitbucket-pipelines|buildspec|cloudbuild|codemagic|skaffold|wercker)\.ya?ml$/i,
  /^(captainhook|composer|grumphp)\.(json|ya?ml)$/i,
  /^(mise|netlify|fly|pyproject|pipfile|cargo|rust-toolchain)\.toml$/i,
  /^(gnumake|make|just|task|rake|grunt|gulp|cake|jake|thor|guard|cap|gem|pod|fast|brew|berks|danger|vagrant|jenkins|docker|container|earth|tilt|snake|proc|pip|caddy)file([.-].*)?$/i,
  /\.(mk|mak|gypi?|cmake|gemspec|podspec|gradle|gradle\.kts|csproj|fsproj|vbproj|vcxproj|sln|slnx|targets|props|cabal|nimble)$/i,
  // Python.
  /^(conftest|setup|noxfile|fabfile|tasks|dodo|manage|sitecustomize|usercustomize)\.py$/,
  /^(setup\.cfg|tox\.ini|pytest\.ini)$/,
  // Other languages and build tools.
  /^(CMakeLists\.txt|CMakePresets\.json|CMakeUserPresets\.json|meson\.build|meson_options\.txt|meson\.options|configure(\.ac|\.in)?|SCons(truct|cript)|wscript|premake[45]\.lua|xmake\.lua)$/,
  /^(BUILD|WORKSPACE|MODULE)(\.bazel)?$|^BUCK$/,
  /^(build|init|settings)\.(xml|sbt|sc|mill|rs|zig|boot)$|^(pom\.xml|gradle\.properties|go\.mod|go\.work|mix\.exs|rebar\.config|Package\.swift|Setup\.l?hs|nuget\.config)$/i,
  /^(flake|default|shell)\.nix$/,
  /^(magefile\.go|project\.clj|(deps|bb|shadow-cljs)\.edn|(Makefile|Build)\.PL|dune(-project)?|shard\.yml|(pubspec|build|stack)\.yaml|global\.json)$/,
  // Infrastructure, and documentation with plugins.
  /\.(tf|tfvars|hcl|nomad)(\.json)?$/,
  /^(ansible\.cfg|Pulumi\.ya?ml|helmfile\.ya?ml|mkdocs\.ya?ml|_config\.ya?ml|process-compose\.ya?ml|moon\.yml)$/i,
  // Linters and test runners.
  /^(tslint|stylelint|typedoc|jsdoc|cypress|protractor|nyc|release|biome)\.json[c5]?$/i,
  // What is installed, and from where.
  /^[\w.-]+\.lock$|^[\w-]+-lock\.(json|ya?ml)$|^bun\.lockb$/i,
]

/**
 * Styles that are compiled on the host when a test imports them, wherever they lie: Less runs what `@plugin` names, and all of them
 * read what they import.
 */
const styles = /\.(less|s[ac]ss|styl(us)?|pcss|postcss|sss)$/i

/** As vitest's own `__snapshots__`, by the exact name: nothing looks for programs there. */
const snapshotDirectory = /^__\w*snapshots?__$/i

export function isInRunDirectory(names: readonly string[]): boolean {
  return names.some((name) => directories.includes(name))
}

/** By the names on the way from the workspace. */
export function isRunName(names: readonly string[]): boolean {
  const [name, around] = [names.at(-1) as string, names.slice(0, -1)]
  if (styles.test(name)) return true
  if (name.endsWith('.snap') || around.some((directory) => snapshotDirectory.test(directory))) return false
  return (
    names.some((part) => part.startsWith('.') || modules.some((pattern) => pattern.test(part))) ||
    files.some((pattern) => pattern.test(name))
  )
}
