/** A model's card as people read it. */

import { useQuery } from '@tanstack/react-query'

import { type Problem, getText } from '../../api/client'
import { Dialog } from '../../parts/Dialog'
import { Answered } from '../../parts/States'
import { texts } from '../../texts'
import { Markdown } from './Markdown'
import { MODELS } from './reads'
import type { Model } from './shapes'
import { kindName } from './words'

export function Card({ model: { kind, version }, onClose }: { model: Model; onClose: () => void }) {
  const path = `${MODELS}/${encodeURIComponent(kind)}/${encodeURIComponent(version)}/card`
  const result = useQuery<string, Problem>({
    queryKey: [path],
    queryFn: ({ signal }) => getText(path, { signal }),
  })
  return (
    <Dialog title={texts.models.kinds.cardOf(kindName(kind), version)} onClose={onClose}>
      <Answered result={result} lines={12}>
        {(text) => <Markdown text={text.replace(/^# .*\n+/, '')} />}
      </Answered>
    </Dialog>
  )
}
