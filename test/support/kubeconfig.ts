type Content = Readonly<Record<string, unknown>>

/** A kubeconfig with one context `main`, of the cluster `here` and the user `someone`. */
export function kubeconfigOf(cluster: Content, user: Content): Content {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'main',
    contexts: [{ name: 'main', context: { cluster: 'here', user: 'someone' } }],
    clusters: [{ name: 'here', cluster }],
    users: [{ name: 'someone', user }],
  }
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
