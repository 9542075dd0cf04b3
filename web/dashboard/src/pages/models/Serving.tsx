/** Which model of each kind serves; the row chosen is the kind that the other panels show. */

import { number, since } from '../../format'
import { useNow } from '../../live/use-live'
import { Panel } from '../../parts/Panel'
import { Answered } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { texts } from '../../texts'
import { useKind } from './kind'
import type { Model } from './shapes'
import { kindName } from './words'

const words = texts.models.kinds

interface KindRow {
  kind: string
  champion: Model | undefined
  shadow: Model | undefined
  trainings: number
}

export function Serving() {
  const { result, kinds, kind, setKind } = useKind()
  const now = useNow()
  const all = result.data?.items ?? []
  const rows = kinds.map((each): KindRow => {
    const mine = all.filter((model) => model.kind === each)
    return {
      kind: each,
      champion: mine.find((model) => model.is_champion),
      shadow: mine.find((model) => model.is_shadow),
      trainings: mine.length,
    }
  })
  const columns: readonly Column<KindRow>[] = [
    { key: 'kind', title: words.kind, show: (row) => <strong>{kindName(row.kind)}</strong> },
    {
      key: 'champion',
      title: words.serves,
      show: ({ champion }) => <span className="whole">{champion?.version ?? words.none}</span>,
    },
    {
      key: 'since',
      title: words.since,
      show: ({ champion }) => (
        <span className="whole">
          {champion?.promoted_at
            ? since(now - Date.parse(champion.promoted_at))
            : texts.models.nothing}
        </span>
      ),
    },
    {
      key: 'until',
      title: words.learntUntil,
      isNumber: true,
      show: ({ champion }) => number(champion?.until),
    },
    {
      key: 'shadow',
      title: words.shadow,
      show: ({ shadow }) => (
        <span className="whole">{shadow?.version ?? texts.models.nothing}</span>
      ),
    },
    {
      key: 'drift',
      title: words.drift,
      show: ({ champion }) =>
        champion?.drift ? (
          <span className="pill" data-tone="warn">
            {words.driftSince(since(now - Date.parse(champion.drift.at)))}
          </span>
        ) : (
          <span className="soft">{words.noDrift}</span>
        ),
    },
    {
      key: 'trainings',
      title: words.trainings,
      isNumber: true,
      show: (row) => number(row.trainings),
    },
  ]
  return (
    <Panel
      title={words.serving}
      definition={words.servingMeaning}
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
    >
      <Answered result={result} isEmpty={(answer) => answer.items.length === 0} empty={words.empty}>
        {() => (
          <Table
            caption={words.serving}
            columns={columns}
            rows={rows}
            rowKey={(row) => row.kind}
            onOpen={(row) => setKind(row.kind)}
            isSelected={(row) => row.kind === kind}
          />
        )}
      </Answered>
    </Panel>
  )
}
