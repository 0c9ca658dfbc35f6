import { createPrivateKey, X509Certificate } from 'node:crypto'

/** Why a text is no use as a certificate; undefined when it is one. */
export function certificateProblem(pem: string): string | undefined {
  try {
    void new X509Certificate(pem)
    return undefined
  } catch {
    return 'expected a certificate in PEM'
  }
}

/** Why a text is no use as the key of `cert`. What OpenSSL says is not told: it need not be free of the text. */
export function keyProblem(pem: string, cert: string): string | undefined {
  try {
    const matches = new X509Certificate(cert).checkPrivateKey(createPrivateKey(pem))
    return matches ? undefined : 'it does not belong to the client certificate'
  } catch {
    return 'expected a private key in PEM, without a passphrase'
  }
}
