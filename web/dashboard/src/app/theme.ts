/** Light or dark: what the system prefers, unless somebody chose otherwise. */

import { useSyncExternalStore } from 'react'

export type Theme = 'auto' | 'light' | 'dark'

const KEY = 'footfall-theme'
const NEXT: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' }
const prefersDark = matchMedia('(prefers-color-scheme: dark)')
const listeners = new Set<() => void>()

export function chosenTheme(): Theme {
  const kept = document.documentElement.dataset['theme']
  return kept === 'light' || kept === 'dark' ? kept : 'auto'
}

/** Goes on to the next theme: as the system, light, dark. */
export function turnTheme(): void {
  const theme = NEXT[chosenTheme()]
  if (theme === 'auto') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // A browser that keeps nothing forgets it with the page.
  }
  for (const listener of listeners) listener()
}

export function useChosenTheme(): Theme {
  return useSyncExternalStore(subscribe, chosenTheme)
}

/** Returns what is shown, for whoever draws. */
export function useTheme(): 'light' | 'dark' {
  return useSyncExternalStore(subscribe, () => {
    const chosen = chosenTheme()
    if (chosen !== 'auto') return chosen
    return prefersDark.matches ? 'dark' : 'light'
  })
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  prefersDark.addEventListener('change', listener)
  return () => {
    listeners.delete(listener)
    prefersDark.removeEventListener('change', listener)
  }
}
