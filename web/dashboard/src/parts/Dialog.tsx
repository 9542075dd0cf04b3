/** A window over the page; the browser keeps the focus inside and closes it by Escape. */

import { type ReactNode, useEffect, useId, useRef, useState } from 'react'

import { Problem } from '../api/client'
import { texts } from '../texts'
import { Icon } from './Icon'

export interface DialogProps {
  title: string
  isNarrow?: boolean
  onClose: () => void
  children: ReactNode
}

/** Shown as long as it is rendered. */
export function Dialog({ title, isNarrow = false, onClose, children }: DialogProps) {
  const id = useId()
  const frame = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const element = frame.current
    if (element && !element.open) element.showModal()
    return () => element?.close()
  }, [])
  return (
    <dialog
      ref={frame}
      className={`dialog ${isNarrow ? 'narrow' : ''}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => event.target === frame.current && onClose()}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <button
          type="button"
          className="icon-button"
          aria-label={texts.parts.close}
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </header>
      <div className="content" tabIndex={-1}>
        {children}
      </div>
    </dialog>
  )
}

export interface ConfirmProps {
  title: string
  text: ReactNode
  action: string
  isDangerous?: boolean
  /** Closes the dialog when it is done; what it throws is shown. */
  onConfirm: () => Promise<void>
  onClose: () => void
}

/** Asks before something is done that is not easily undone. */
export function Confirm(props: ConfirmProps) {
  const { title, text, action, isDangerous = false, onConfirm, onClose } = props
  const [isBusy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState('')
  const run = async (): Promise<void> => {
    setBusy(true)
    setRefusal('')
    try {
      await onConfirm()
      onClose()
    } catch (error) {
      setRefusal(error instanceof Problem ? error.message : texts.parts.somethingFailed)
      setBusy(false)
    }
  }
  return (
    <Dialog title={title} isNarrow onClose={onClose}>
      <p>{text}</p>
      {refusal && (
        <p className="bad" role="alert">
          {refusal}
        </p>
      )}
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>
          {texts.parts.cancel}
        </button>
        <button
          type="button"
          className={`button ${isDangerous ? 'danger' : 'main-action'}`}
          disabled={isBusy}
          onClick={() => void run()}
        >
          {action}
        </button>
      </div>
    </Dialog>
  )
}
