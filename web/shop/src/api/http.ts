/** Requests to the API: JSON in, JSON out, problems as one kind of error. */

export interface FieldProblem {
  field: string
  message: string
}

/** An answer that is no success; `status` 0: there was none at all. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly fields: FieldProblem[] = [],
  ) {
    super(detail)
  }
}

interface Asked {
  body?: unknown
  /** A request that may be sent again is done once. */
  key?: string
  headers?: Record<string, string>
  /** Without cookies nobody is recognised. */
  isAnonymous?: boolean
}

/** The log position of what was last written here: reads of one's own things show at least that. */
let written = 0

export const send = async <T>(method: string, path: string, asked: Asked = {}): Promise<T> => {
  const headers: Record<string, string> = { Accept: 'application/json', ...asked.headers }
  if (asked.body !== undefined) headers['Content-Type'] = 'application/json'
  if (asked.key) headers['Idempotency-Key'] = asked.key
  const answer = await fetch(path, {
    method,
    headers,
    body: asked.body === undefined ? undefined : JSON.stringify(asked.body),
    credentials: asked.isAnonymous ? 'omit' : 'same-origin',
  }).catch(() => undefined)
  if (!answer) throw new Problem(0, 'unreachable', '')
  if (!answer.ok) throw await problemOf(answer)
  if (method !== 'GET') written = Math.max(written, Number(answer.headers.get('Footfall-Position') ?? 0))
  const text = await answer.text()
  return (text ? JSON.parse(text) : undefined) as T
}

/** Read what anybody may see. */
export const read = <T>(path: string, asked?: Asked): Promise<T> => send<T>('GET', path, asked)

/** Read what was changed from here, after the change. */
export const readOwn = <T>(path: string): Promise<T> =>
  read<T>(path, written ? { headers: { 'Footfall-After': `${written}` } } : {})

const problemOf = async (answer: Response): Promise<Problem> => {
  const said = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string; errors?: FieldProblem[] }
  return new Problem(answer.status, said.code ?? 'unknown', said.detail ?? '', said.errors)
}

export const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')

/** `/v1/products?q=lamp`: parameters without a value are left out. */
export const address = (path: string, parameters: Record<string, string | number | undefined>): string => {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '')
  const query = new URLSearchParams(given.map(([name, value]) => [name, `${value}`]))
  return query.size ? `${path}?${query}` : path
}
