/** Everybody whom the shop knows, to search. */

import { useLocation } from 'wouter'

import { usePages } from '../../api/queries'
import { useMay } from '../../api/session'
import { useFilter } from '../../filters'
import { major, money, number, since } from '../../format'
import { useNow } from '../../live/use-live'
import { SearchField, Select } from '../../parts/Form'
import { Panel } from '../../parts/Panel'
import { PersonName } from '../../parts/PersonName'
import { Paged } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { partOf } from '../../paths'
import { texts } from '../../texts'
import { PresencePill } from './PresencePill'
import { segmentTitle, useOwnSegments, useSegments } from './reads'
import type { PersonSummary } from './shapes'

const words = texts.shoppers.people
const SORTS = ['seen', 'orders', 'revenue', 'value'] as const
const KINDS = ['', 'shopper', 'visitor'] as const
const PRESENCES = ['', 'here', 'active', 'idle'] as const

export function People() {
  const mayName = useMay('admin')
  const [q, setQ] = useFilter<string>('q', '')
  const [kind, setKind] = useFilter('kind', '', KINDS)
  const [segment, setSegment] = useFilter<string>('segment', '')
  const [presence, setPresence] = useFilter('presence', '', PRESENCES)
  const [sort, setSort] = useFilter('sort', 'seen', SORTS)
  const [, go] = useLocation()
  const pages = usePages<PersonSummary>(
    '/v1/insights/people',
    { q, kind, segment, presence, sort },
    { on: ['feed'], everyMs: 8_000 },
  )
  const sheet = () => ({
    columns: [
      'person',
      'name',
      'email',
      'presence',
      'segment',
      'cluster',
      'orders',
      'revenue',
      'value',
      'currency',
      'last_seen_at',
    ],
    rows: (pages.items ?? []).map(({ person, account, presence: here, place }) => [
      person,
      account?.name,
      account?.email,
      here,
      place.segment,
      place.cluster,
      place.orders,
      place.revenue && major(place.revenue),
      place.value && major(place.value),
      place.revenue?.currency,
      place.last_seen_at,
    ]),
  })
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={pages.at}
      isStale={Boolean(pages.error)}
      sheet={sheet}
    >
      <div className="row filters-row">
        <SearchField label={mayName ? words.search : words.searchIds} value={q} onChange={setQ} />
        <SegmentSelect value={segment} onChange={setSegment} />
        <Select
          label={words.kind}
          value={kind}
          onChange={setKind}
          choices={KINDS.map((value) => ({ value, label: words.kinds[value] }))}
        />
        <Select
          label={words.presence}
          value={presence}
          onChange={setPresence}
          choices={PRESENCES.map((value) => ({ value, label: words.presences[value] }))}
        />
        <Select
          label={words.sort}
          value={sort}
          onChange={setSort}
          choices={SORTS.map((value) => ({ value, label: words.sorts[value] }))}
        />
      </div>
      {!mayName && <p className="small soft note">{words.idsOnly}</p>}
      <Paged pages={pages} empty={words.none}>
        {(rows) => (
          <Table
            caption={words.title}
            columns={COLUMNS}
            rows={rows}
            rowKey={(row) => row.person}
            onOpen={(row) => go(`/${partOf(row.person)}`)}
          />
        )}
      </Paged>
    </Panel>
  )
}

const COLUMNS: readonly Column<PersonSummary>[] = [
  {
    key: 'who',
    title: words.who,
    show: (row) => (
      <>
        <PersonName person={row.person} name={row.account?.name} />
        {row.account && <div className="small soft">{row.account.email}</div>}
      </>
    ),
  },
  {
    key: 'presence',
    title: words.presence,
    show: (row) => <PresencePill presence={row.presence} />,
  },
  {
    key: 'segment',
    title: words.segment,
    show: (row) => <span className="pill">{segmentTitle(row.place.segment)}</span>,
  },
  { key: 'orders', title: words.orders, isNumber: true, show: (row) => number(row.place.orders) },
  { key: 'revenue', title: words.revenue, isNumber: true, show: (row) => money(row.place.revenue) },
  { key: 'value', title: words.value, isNumber: true, show: (row) => money(row.place.value) },
  {
    key: 'seen',
    title: words.seen,
    isNumber: true,
    show: (row) => <Seen at={row.place.last_seen_at} />,
  },
]

function Seen({ at }: { at: string }) {
  return <>{since(useNow() - Date.parse(at))}</>
}

function SegmentSelect({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { data } = useSegments()
  const own = useOwnSegments()
  const groups = [
    {
      label: texts.shoppers.tabs.segments,
      choices: (data?.segments ?? []).map(({ name }) => ({
        value: name,
        label: segmentTitle(name),
      })),
    },
    {
      label: texts.shoppers.clusters.title,
      choices: (data?.clusters ?? []).map(({ name }) => ({
        value: name,
        label: segmentTitle(name),
      })),
    },
    {
      label: texts.shoppers.tabs.own,
      choices: (own.items ?? []).map((one) => ({ value: one.segment_id, label: one.name })),
    },
  ]
  const isKnown =
    value === '' || groups.some((group) => group.choices.some((choice) => choice.value === value))
  return (
    <select
      className="select"
      aria-label={words.segment}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">{words.everySegment}</option>
      {!isKnown && <option value={value}>{segmentTitle(value)}</option>}
      {groups
        .filter((group) => group.choices.length)
        .map((group) => (
          <optgroup key={group.label} label={group.label}>
            {group.choices.map((choice) => (
              <option key={choice.value} value={choice.value}>
                {choice.label}
              </option>
            ))}
          </optgroup>
        ))}
    </select>
  )
}
