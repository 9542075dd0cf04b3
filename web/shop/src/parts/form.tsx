/** A form: sends what was filled in, shows what was wrong, and takes the reader to it. */

import { useRef, useState, type FormEvent, type ReactNode } from 'react'
import { said, saidOfFields } from '../api/problems'

interface FormProps {
  send: (values: Record<string, string>) => Promise<void>
  button: string
  /** Where the caller says of an error what it means here. */
  explain?: (error: unknown) => string | undefined
  isQuiet?: boolean
  children: (wrong: Record<string, string>) => ReactNode
  beside?: ReactNode
}

export const Form = ({ send, button, explain, isQuiet, children, beside }: FormProps) => {
  const form = useRef<HTMLFormElement>(null)
  const [error, setError] = useState<unknown>(null)
  const [isSending, setSending] = useState(false)

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (isSending || !form.current) return
    const values = Object.fromEntries([...new FormData(form.current)].map(([name, value]) => [name, `${value}`]))
    setSending(true)
    setError(null)
    try {
      await send(values)
    } catch (problem) {
      setError(problem)
      requestAnimationFrame(() => {
        const first = form.current?.querySelector<HTMLElement>('[aria-invalid=true]')
        ;(first ?? form.current?.querySelector<HTMLElement>('[role=alert]'))?.focus()
      })
    }
    setSending(false)
  }

  return (
    <form ref={form} className="form" noValidate onSubmit={event => void submit(event)}>
      {error !== null && (
        <p className="notice notice-bad" role="alert" tabIndex={-1}>
          {explain?.(error) ?? said(error)}
        </p>
      )}
      {children(error === null ? {} : saidOfFields(error))}
      <div className="form-buttons">
        <button className={isQuiet ? 'button button-quiet' : 'button'} aria-disabled={isSending}>
          {button}
        </button>
        {beside}
      </div>
    </form>
  )
}
