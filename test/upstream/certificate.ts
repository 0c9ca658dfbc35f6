import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate for these names and addresses that vouches for itself, and its key, both PEM, with the files they are in. */
export interface Certificate extends Disposable {
  readonly cert: string
  readonly key: string
  readonly folder: string
}

/** @param subject `DNS:dns.example`, `IP:127.0.0.1` */
export function makeCertificate(...subject: readonly string[]): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'pointsman-test-'))
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test'
  const files = ['-keyout', keyFile, '-out', certFile]
  const names = ['-addext', `subjectAltName=${subject.join(',')}`]
  execFileSync('openssl', [...request.split(' '), ...files, ...names], { stdio: 'pipe' })
  return {
    cert: readFileSync(certFile, 'utf8'),
    key: readFileSync(keyFile, 'utf8'),
    folder,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}
