/** Whether somebody looks: the page is visible and has the focus. */

type Listener = (isLooking: boolean) => void

const listeners: Listener[] = []
let was = false

export const isLooking = (): boolean => document.visibilityState === 'visible' && document.hasFocus()

export const onAttention = (listener: Listener): void => {
  listeners.push(listener)
  listener(isLooking())
}

const look = (): void => {
  const is = isLooking()
  if (is !== was) listeners.forEach(listener => listener((was = is)))
}

export const watchAttention = (): void => {
  was = isLooking()
  document.addEventListener('visibilitychange', look)
  for (const type of ['focus', 'blur', 'pageshow']) addEventListener(type, look)
}
