/** Filters live in the address, so that whoever is sent it sees the same. */

import { useCallback } from 'react'
import { useSearchParams } from 'wouter'

/** Returns a filter and how to change it; `usual` stands in no address. */
export function useFilter<T extends string = string>(
  name: string,
  usual: T,
  allowed?: readonly T[],
): [T, (value: T) => void] {
  const [params, setParams] = useSearchParams()
  const given = params.get(name) as T | null
  const value = given === null || (allowed && !allowed.includes(given)) ? usual : given
  const set = useCallback(
    (next: T) => {
      setParams(
        (before) => {
          const after = new URLSearchParams(before)
          if (next === usual) after.delete(name)
          else after.set(name, next)
          return after
        },
        { replace: true },
      )
    },
    [name, usual, setParams],
  )
  return [value, set]
}
