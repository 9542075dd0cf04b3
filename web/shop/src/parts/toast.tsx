/** One short word on what was just done, read out and gone after a while. */

import { useEffect } from 'react'
import { Link } from 'wouter'
import { store, useStore } from '../store'
import { Icon } from './icon'

interface Toast {
  text: string
  link?: { to: string; text: string }
  isBad?: boolean
}

const SHOWN_MS = 5_000

const toast = store<Toast | null>(null)

export const announce = (text: string, link?: Toast['link']): void => toast.set({ text, link })

export const complain = (text: string): void => toast.set({ text, isBad: true })

export const ToastPlace = () => {
  const shown = useStore(toast)
  useEffect(() => {
    if (!shown) return
    const timer = setTimeout(() => toast.set(null), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [shown])
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown && (
        <p className={shown.isBad ? 'toast toast-bad' : 'toast'}>
          <Icon name={shown.isBad ? 'close' : 'check'} />
          <span>{shown.text}</span>
          {shown.link && <Link href={shown.link.to}>{shown.link.text}</Link>}
        </p>
      )}
    </div>
  )
}
