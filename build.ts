import { chmodSync } from 'node:fs'
import { build } from 'esbuild'

await build({
  entryPoints: { main: 'src/main.ts' },
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  legalComments: 'none',
  banner: {
    // CommonJS packages inside an ES module bundle still call require() for Node's own modules.
    js: `#!/usr/bin/env node
import { createRequire as bundledCreateRequire } from 'node:module'
const require = bundledCreateRequire(import.meta.url)`,
  },
})
chmodSync('dist/main.js', 0o755)
