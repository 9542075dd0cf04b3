/** How many: typed, or stepped by buttons. */

import { useEffect, useState } from 'react'
import { texts } from '../texts'
import { Icon } from './icon'

const MOST = 999

interface QuantityProps {
  label: string
  value: number
  most?: number | null
  change: (quantity: number) => void
}

export const Quantity = ({ label, value, most, change }: QuantityProps) => {
  const limit = Math.max(1, Math.min(most ?? MOST, MOST))
  const [typed, setTyped] = useState(`${value}`)
  useEffect(() => setTyped(`${value}`), [value])

  const settle = (text: string): void => {
    const quantity = Math.min(Math.max(Math.round(Number(text)) || 1, 1), limit)
    setTyped(`${quantity}`)
    if (quantity !== value) change(quantity)
  }

  return (
    <div className="quantity" role="group" aria-label={label}>
      <button type="button" aria-label={texts.product.fewer} disabled={value <= 1} onClick={() => settle(`${value - 1}`)}>
        <Icon name="minus" />
      </button>
      <input
        aria-label={label}
        inputMode="numeric"
        value={typed}
        onChange={event => setTyped(event.target.value)}
        onBlur={() => settle(typed)}
        onKeyDown={event => {
          if (event.key === 'Enter') settle(typed)
          if (event.key === 'ArrowUp') settle(`${value + 1}`)
          if (event.key === 'ArrowDown') settle(`${value - 1}`)
        }}
      />
      <button type="button" aria-label={texts.product.more} disabled={value >= limit} onClick={() => settle(`${value + 1}`)}>
        <Icon name="plus" />
      </button>
    </div>
  )
}
