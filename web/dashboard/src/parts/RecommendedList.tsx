/** A list of recommended products, each with why it is there. */

import { Link } from 'wouter'

import type { Recommended } from '../api/recommended'
import { decimal } from '../format'
import { partOf } from '../paths'
import { texts } from '../texts'

const words = texts.parts.recommended

export function RecommendedList({ list, label }: { list: Recommended; label: string }) {
  return (
    <div className="stack">
      {list.degraded && <p className="small warn">{words.degraded[list.degraded]}</p>}
      <ol className="recommended" aria-label={label}>
        {list.items.map((item, index) => (
          <li key={item.product_id}>
            <span className="rank soft" aria-hidden="true">
              {index + 1}
            </span>
            <span>
              <Link href={`~/products/${partOf(item.product_id)}`}>{item.name}</Link>
              {item.reasons.map((reason) => (
                <span key={reason.text} className="small soft block" title={words.events(reason.event_ids.length)}>
                  {reason.text}
                </span>
              ))}
            </span>
            <span className="small soft number">{decimal(item.score)}</span>
          </li>
        ))}
      </ol>
      <p className="small soft cut">{words.model(list.model)}</p>
    </div>
  )
}
