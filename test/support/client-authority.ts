import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../../src/host/command.ts'

/** Both in PEM. */
export interface ClientCertificate {
  readonly cert: string
  readonly key: string
}

const ecKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** The file with the certificate of the authority that {@link makeClientAuthority} makes. */
export function clientAuthority(directory: string): string {
  return join(directory, 'client-ca.crt')
}

export async function makeClientAuthority(directory: string): Promise<void> {
  const out = ['-keyout', join(directory, 'client-ca.key'), '-out', clientAuthority(directory)]
  await runCommand('openssl', ['req', '-x509', ...ecKey, '-days', '2', '-subj', '/CN=clients', ...out])
}

export async function clientCertificate(directory: string, user: string, group: string): Promise<ClientCertificate> {
  const [certFile, keyFile] = ['crt', 'key'].map((end) => join(directory, `${randomUUID()}.${end}`))
  const authority = ['-CA', clientAuthority(directory), '-CAkey', join(directory, 'client-ca.key')]
  const out = ['-keyout', keyFile ?? '', '-out', certFile ?? '']
  await runCommand('openssl', [
    'req',
    '-x509',
    ...ecKey,
    '-days',
    '2',
    '-subj',
    `/O=${group}/CN=${user}`,
    ...authority,
    ...out,
  ])
  return { cert: await readFile(certFile ?? '', 'utf8'), key: await readFile(keyFile ?? '', 'utf8') }
}
