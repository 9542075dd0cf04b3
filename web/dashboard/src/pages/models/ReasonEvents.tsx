/** The events that a reason rests on, as the log has them. */

import { useProductNames } from '../../api/product-names'
import { useRead } from '../../api/queries'
import type { Page } from '../../api/shapes'
import { dateTime, number } from '../../format'
import type { FeedItem } from '../../live/topics'
import { Dialog } from '../../parts/Dialog'
import { Answered } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { texts } from '../../texts'
import type { Reason } from '../../api/recommended'

const words = texts.models.tryIt

export function ReasonEvents({ reason, onClose }: { reason: Reason; onClose: () => void }) {
  const names = useProductNames()
  const result = useRead<Page<FeedItem>>('/v1/insights/events', { ids: reason.event_ids.slice(0, 100).join() })
  const columns: readonly Column<FeedItem>[] = [
    { key: 'position', title: texts.now.explained.position, isNumber: true, show: (item) => number(item.position) },
    { key: 'at', title: texts.parts.when, show: (item) => dateTime(item.occurred_at) },
    { key: 'what', title: texts.now.explained.what, show: (item) => texts.now.feed.topics[item.topic] ?? item.topic },
    { key: 'product', title: words.product, show: (item) => (item.product_id ? (names.get(item.product_id) ?? item.product_id) : texts.models.nothing) },
    { key: 'who', title: texts.now.explained.who, show: (item) => item.actor.replace(':', ' ') },
  ]
  return (
    <Dialog title={reason.text} onClose={onClose}>
      <Answered result={result} isEmpty={(answer) => answer.items.length === 0} empty={words.eventsGone}>
        {(answer) => (
          <div className="stack">
            <p className="soft small">{words.eventsBehind(reason.event_ids.length)}</p>
            <Table caption={reason.text} columns={columns} rows={answer.items} rowKey={(item) => String(item.position)} />
          </div>
        )}
      </Answered>
    </Dialog>
  )
}
