/** Calls the API of the server that this page came from. */

export interface FieldError {
  field: string
  code: string
  message: string
}

/** What the API refuses, as RFC 9457 has it; status 0 where there was no answer at all. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly errors: readonly FieldError[] = [],
    readonly retryAfterSeconds = 0,
  ) {
    super(detail)
  }

  /** What is wrong with a field; empty where nothing is. */
  of(field: string): string {
    return this.errors.find((error) => error.field === field)?.message ?? ''
  }
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

export interface CallOptions {
  query?: Query
  body?: unknown
  headers?: Readonly<Record<string, string>>
  signal?: AbortSignal
}

/** Returns the answer's JSON. Throws Problem for whatever is no success. */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const response = await send(method, path, options)
  const text = await response.text()
  return (text ? JSON.parse(text) : undefined) as T
}

export function get<T>(path: string, options: CallOptions = {}): Promise<T> {
  return call<T>('GET', path, options)
}

/** Returns an answer that is text for people, such as Markdown. */
export async function getText(path: string, options: CallOptions = {}): Promise<string> {
  const response = await send('GET', path, options)
  return response.text()
}

export function post<T>(path: string, body?: unknown, options: CallOptions = {}): Promise<T> {
  return call<T>('POST', path, { ...options, body })
}

/** Returns an address with a query; what is undefined or empty is left out. */
export function address(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
  return search.size ? `${path}?${search}` : path
}

async function send(method: string, path: string, options: CallOptions): Promise<Response> {
  const headers: Record<string, string> = {
    Accept: 'application/json, text/markdown',
    ...options.headers,
  }
  const init: RequestInit = { method, headers, credentials: 'same-origin' }
  if (options.signal) init.signal = options.signal
  if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json'
    init.body = JSON.stringify(options.body)
  }
  let response: Response
  try {
    response = await fetch(address(path, options.query), init)
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw new Problem(0, 'unreachable', 'The server cannot be reached.')
  }
  if (!response.ok) throw await problemOf(response)
  return response
}

async function problemOf(response: Response): Promise<Problem> {
  const wait = Number(response.headers.get('Retry-After')) || 0
  try {
    const told = (await response.json()) as Partial<Record<'code' | 'detail', string>> & {
      errors?: FieldError[]
    }
    const detail = told.detail ?? response.statusText
    return new Problem(response.status, told.code ?? 'unknown', detail, told.errors, wait)
  } catch {
    return new Problem(response.status, 'unknown', response.statusText, [], wait)
  }
}
