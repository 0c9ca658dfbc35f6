import { Field, FieldError } from '../model/field.ts'
import { optional } from '../model/optional.ts'
import { bearer } from './bearer.ts'
import type { Identity } from './credentials.ts'
import { certificateProblem, keyProblem } from './pem.ts'

/** What an exec plugin gives. */
export interface ExecCredential {
  readonly identity: Pick<Identity, 'authorization' | 'cert' | 'key'>
  /** Milliseconds since 1970; infinite where the plugin sets no time. */
  readonly expires: number
}

/**
 * Reads an ExecCredential of this version. What is wrong is an error that completes "did not print …", and has nothing
 * of the text in it.
 */
export function parseExecCredential(text: string, apiVersion: string): ExecCredential {
  const credential = parseJson(text)
  if (read(credential, 'apiVersion') !== apiVersion) throw new Error(`the version ${apiVersion}`)
  const status = credential.get('status')
  const token = read(status, 'token')
  const [cert, key] = [read(status, 'clientCertificateData'), read(status, 'clientKeyData')]
  if (token === undefined && cert === undefined && key === undefined) {
    throw new Error('status.token, nor a certificate and its key in status')
  }
  const authorization = token === undefined ? undefined : bearer(token)
  if (token !== undefined && authorization === undefined) throw new Error('a token without blanks in status.token')
  checkCertificate(cert, key)
  const identity = { ...optional('authorization', authorization), ...optional('cert', cert), ...optional('key', key) }
  return { identity, expires: expiryOf(status) }
}

function parseJson(text: string): Field {
  try {
    return new Field(JSON.parse(text))
  } catch {
    throw new Error('an ExecCredential in JSON')
  }
}

/** Undefined for an empty text too. */
function read(object: Field, name: string): string | undefined {
  try {
    return object.get(name).text() || undefined
  } catch (error) {
    throw error instanceof FieldError ? unreadable(error.path) : error
  }
}

/** In place of a FieldError, which has the value in it and may not even be the cause. */
function unreadable(path: string): Error {
  return new Error(path === '' || path === 'status' ? `a mapping${path && ` in ${path}`}` : `a string in ${path}`)
}

function checkCertificate(cert: string | undefined, key: string | undefined): void {
  if (cert !== undefined && certificateProblem(cert) !== undefined) {
    throw new Error('a certificate in PEM in status.clientCertificateData')
  }
  if (key !== undefined && cert === undefined) throw new Error('the certificate of status.clientKeyData')
  if (cert !== undefined && keyProblem(key ?? '', cert) !== undefined) {
    throw new Error('the key of the certificate in status.clientKeyData')
  }
}

function expiryOf(status: Field): number {
  const text = read(status, 'expirationTimestamp')
  const time = text === undefined ? Infinity : Date.parse(text)
  if (Number.isNaN(time)) throw new Error('a time in status.expirationTimestamp')
  return time
}
