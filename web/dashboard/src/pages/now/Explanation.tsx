/** The events that a number is made of, from the log itself. */

import { usePages } from '../../api/queries'
import { NOTHING, clockTime, dateTime, money, number, share, since } from '../../format'
import { useNow } from '../../live/use-live'
import { Dialog } from '../../parts/Dialog'
import { PageLink } from '../../parts/PageLink'
import { Answered, Paged } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { texts } from '../../texts'
import { usePresence } from './Tiles'
import type { Asked } from './context'
import { iso } from './counts'
import type { Explained, Visit } from './shapes'

const words = texts.now.explained
const PAGE = 100
const TONES = { active: 'good', idle: 'warn', gone: '' } as const

export function Explanation({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  return asked.kind === 'visits' ? (
    <Dialog title={words.visits} onClose={onClose}>
      <Visits />
    </Dialog>
  ) : (
    <Dialog title={words.events(asked.title)} onClose={onClose}>
      <Events asked={asked} />
    </Dialog>
  )
}

type Part = Explained['items'][number]

const PARTS: readonly Column<Part>[] = [
  {
    key: 'position',
    title: words.position,
    show: (part) => number(part.position),
    sortBy: (part) => part.position,
  },
  {
    key: 'at',
    title: texts.parts.when,
    show: (part) => clockTime(part.occurred_at),
    sortBy: (part) => part.occurred_at,
  },
  {
    key: 'what',
    title: words.what,
    show: (part) => texts.now.feed.topics[part.topic] ?? part.topic,
    sortBy: (part) => part.topic,
  },
  {
    key: 'stream',
    title: words.stream,
    show: (part) => <code className="stream">{part.stream_id}</code>,
  },
]

const ADDS: Column<Part> = {
  key: 'adds',
  title: words.adds,
  isNumber: true,
  show: (part) => number(part.adds),
  sortBy: (part) => part.adds,
}
const ADDS_MONEY: Column<Part> = {
  ...ADDS,
  show: ({ adds: amount, currency }) => (currency ? money({ amount, currency }) : number(amount)),
}

function Events({ asked }: { asked: Extract<Asked, { kind: 'events' }> }) {
  const { metric, bucket, at, product } = asked
  const columns = metric.endsWith('_minor') ? [...PARTS, ADDS_MONEY] : [...PARTS, ADDS]
  const query = { metric, bucket, at: iso(at), product_id: product, page_size: PAGE }
  const pages = usePages<Part, Explained>('/v1/insights/explain', query, { everyMs: 3_000 })
  return (
    <Paged pages={pages} empty={words.none}>
      {(parts, first) => (
        <>
          <p className="soft">
            {words.span(dateTime(first.from), dateTime(first.to))}{' '}
            {words.sum(total(parts, metric.endsWith('_minor')), !pages.hasMore)}
          </p>
          <Table
            caption={words.events(asked.title)}
            columns={columns}
            rows={parts}
            rowKey={(part) => String(part.position)}
          />
        </>
      )}
    </Paged>
  )
}

function Visits() {
  const now = useNow()
  const result = usePresence(PAGE)
  const columns: readonly Column<Visit>[] = [
    { key: 'who', title: words.who, show: (visit) => <Who visit={visit} /> },
    {
      key: 'presence',
      title: words.presence,
      show: (visit) => (
        <span className="pill" data-tone={TONES[visit.presence]}>
          {words.presences[visit.presence]}
        </span>
      ),
      sortBy: (visit) => visit.presence,
    },
    {
      key: 'last',
      title: words.last,
      show: (visit) => since(now - Date.parse(visit.ended_at)),
      sortBy: (visit) => visit.ended_at,
    },
    { key: 'page', title: words.page, sortBy: (visit) => visit.exit_page },
    {
      key: 'source',
      title: words.source,
      show: (visit) => visit.source || NOTHING,
      sortBy: (visit) => visit.source,
    },
    {
      key: 'intent',
      title: words.intent,
      isNumber: true,
      show: (visit) => share(visit.intent),
      sortBy: (visit) => visit.intent ?? -1,
    },
  ]
  return (
    <Answered
      result={result}
      isEmpty={(answer) => answer.items.length === 0}
      empty={words.noVisits}
    >
      {(answer) => (
        <Table
          caption={words.visits}
          columns={columns}
          rows={answer.items}
          rowKey={(visit) => String(visit.visit_id)}
        />
      )}
    </Answered>
  )
}

function Who({ visit: { visitor, shopper_id: shopper } }: { visit: Visit }) {
  const person = shopper ? `shopper:${shopper}` : `visitor:${visitor}`
  return (
    <code className="stream short" title={person}>
      <PageLink to={`/shoppers/${encodeURIComponent(person)}`}>{visitor}</PageLink>
    </code>
  )
}

function total(parts: readonly Part[], isMoney: boolean): string {
  const sums = new Map<string, number>()
  for (const part of parts) {
    const currency = isMoney ? part.currency : ''
    sums.set(currency, (sums.get(currency) ?? 0) + part.adds)
  }
  return [...sums]
    .map(([currency, amount]) => (currency ? money({ amount, currency }) : number(amount)))
    .join(' · ')
}
