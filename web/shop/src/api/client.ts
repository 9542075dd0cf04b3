/** The cache of what was read. */

import { QueryClient } from '@tanstack/react-query'
import { Problem } from './http'

const isWorthRetrying = (error: unknown): boolean =>
  error instanceof Problem && (error.status === 0 || error.status === 429 || error.status >= 500)

export const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (failures, error) => failures < 2 && isWorthRetrying(error),
    },
  },
})
