/** Writes all of `text` to stdout: a pipe may be slower than we are. Rejects with EPIPE when its reader has left. */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()))
  })
}
