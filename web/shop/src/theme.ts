/** Light, dark, or as the system has it. */

import { kept, keep } from './kept'
import { store } from './store'

type Theme = 'light' | 'dark'

const ofSystem = matchMedia('(prefers-color-scheme: dark)')
const chosen = (): Theme => {
  const theme = kept('theme')
  return theme === 'light' || theme === 'dark' ? theme : ofSystem.matches ? 'dark' : 'light'
}

export const theme = store<Theme>(chosen())

const show = (): void => {
  theme.set(chosen())
  document.documentElement.dataset.theme = theme.get()
}

export const startTheme = (): void => {
  show()
  ofSystem.addEventListener('change', show)
}

/** Turn to the other one; the system's own is not kept, so that it is followed again. */
export const turnTheme = (): void => {
  const other = theme.get() === 'dark' ? 'light' : 'dark'
  keep('theme', (other === 'dark') === ofSystem.matches ? null : other)
  show()
}
