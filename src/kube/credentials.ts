/** How to reach an API server and who to be there; a kubeconfig or a pod's service account is read into this. */
export interface Credentials {
  /** `https://192.0.2.1:6443`; a path is put before that of every request, as for a server behind another one. */
  readonly server: string
  /** The name that the server's certificate must carry, where it is not that of `server`. */
  readonly serverName?: string
  /** True: the server's certificate is not looked at. */
  readonly insecure?: boolean
  /** Who to be, asked before every request. */
  readonly identity: IdentitySource
  /** A sentence for the log about how the server is reached; absent where nothing is wrong with it. */
  readonly caution?: string
}

/**
 * Reads tokens, certificates and keys anew, since they expire and are replaced. Throws a sentence, without anything
 * secret in it, when there is none.
 *
 * @param refused What the server has answered with 401: the same is no use again.
 */
export type IdentitySource = (refused?: Identity) => Promise<Identity>

export interface Identity {
  /** The value of the header Authorization; absent without a token. */
  readonly authorization?: string
  /** PEM of the authorities that the server's certificate must come from; absent for those that Node trusts. */
  readonly ca?: string
  /** PEM of the client certificate and its key; absent without one. */
  readonly cert?: string
  readonly key?: string
}

export function sameIdentity(a: Identity, b: Identity): boolean {
  return a.authorization === b.authorization && sameTls(a, b)
}

/** Whether connections made for one serve the other. */
export function sameTls(a: Identity, b: Identity): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key === b.key
}
