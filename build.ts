import { chmodSync } from 'node:fs'
import { build } from 'esbuild'

/** `node build.ts [DIRECTORY]`; rulesets/ must stand beside it, or beside the one that it is in. */
const [outdir = 'dist'] = process.argv.slice(2)

await build({
  // Programs of their own: the peer runs inside the demo's namespaces, the guest inside its kernel, the worker in threads.
  entryPoints: {
    main: 'src/main.ts',
    'lab-peer': 'src/host/lab/peer.ts',
    'lab-guest': 'src/host/lab/uml/guest.ts',
    'dns-worker': 'src/agent/dns-worker.ts',
  },
  outdir,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  legalComments: 'none',
  // Comments of libraries are most of the text, which stays in memory; in lines, errors still say where.
  minifyWhitespace: true,
  lineLimit: 160,
  banner: {
    // CommonJS packages inside an ES module bundle still call require() for Node's own modules.
    js: `#!/usr/bin/env node
import { createRequire as bundledCreateRequire } from 'node:module'
const require = bundledCreateRequire(import.meta.url)
if (Number.parseInt(process.versions.node) < 24) {
  console.error('pointsman needs Node.js 24, this is ' + process.version + '; "npx pointsman" in the checkout runs the right one')
  process.exit(2)
}`,
  },
})
chmodSync(`${outdir}/main.js`, 0o755)
