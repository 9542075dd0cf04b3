/** Filters live in the address, so that whoever is sent it sees the same. */

import { useCallback } from 'react'
import { useSearch } from 'wouter'
import { navigate } from 'wouter/use-browser-location'

/** Returns a filter and how to change it; `usual` stands in no address. */
export function useFilter<T extends string = string>(
  name: string,
  usual: T,
  allowed?: readonly T[],
): [T, (value: T) => void] {
  const given = new URLSearchParams(useSearch()).get(name) as T | null
  const value = given === null || (allowed && !allowed.includes(given)) ? usual : given
  const set = useCallback(
    (next: T) => {
      // From the address as it is now: several filters may change before anything is painted.
      const params = new URLSearchParams(window.location.search)
      if (next === usual) params.delete(name)
      else params.set(name, next)
      const path = window.location.pathname
      navigate(params.size ? `${path}?${params}` : path, { replace: true })
    },
    [name, usual],
  )
  return [value, set]
}

/** Changes several filters at once; the way back stays open. What is empty goes. */
export function jump(values: Readonly<Record<string, string>>): void {
  const params = new URLSearchParams(window.location.search)
  for (const [name, value] of Object.entries(values)) {
    if (value) params.set(name, value)
    else params.delete(name)
  }
  const path = window.location.pathname
  navigate(params.size ? `${path}?${params}` : path)
}
