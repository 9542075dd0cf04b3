/** Parts of a page of which one is shown. */

import { type KeyboardEvent, type ReactNode, useId } from 'react'

export interface Tab<K extends string> {
  key: K
  title: ReactNode
  /** Made only while it is shown. */
  show: () => ReactNode
}

export interface TabsProps<K extends string> {
  label: string
  tabs: readonly Tab<K>[]
  shown: K
  onShow: (key: K) => void
}

export function Tabs<K extends string>({ label, tabs, shown, onShow }: TabsProps<K>) {
  const id = useId()
  const at = Math.max(
    0,
    tabs.findIndex((tab) => tab.key === shown),
  )
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    const next = step && tabs[(at + step + tabs.length) % tabs.length]
    if (!next) return
    event.preventDefault()
    onShow(next.key)
    document.getElementById(`${id}-${next.key}`)?.focus()
  }
  const current = tabs[at]
  return (
    <div className="tabs">
      <div role="tablist" aria-label={label} onKeyDown={onKeyDown}>
        {tabs.map((tab, index) => (
          <button
            key={tab.key}
            id={`${id}-${tab.key}`}
            type="button"
            role="tab"
            aria-selected={index === at}
            aria-controls={`${id}-panel`}
            tabIndex={index === at ? 0 : -1}
            onClick={() => onShow(tab.key)}
          >
            {tab.title}
          </button>
        ))}
      </div>
      <div
        id={`${id}-panel`}
        role="tabpanel"
        aria-labelledby={`${id}-${current?.key}`}
        tabIndex={0}
      >
        {current?.show()}
      </div>
    </div>
  )
}
