/** A product's picture: its own, else one that is drawn of what is known of it, always the same. */

import { memo, useState } from 'react'
import type { Product } from '../api/types'
import { coloursOf, mix, type Colours } from './colours'
import { hash } from './hash'
import { shapeOf } from './shapes'

type Pictured = Pick<Product, 'product_id' | 'name'> & Partial<Pick<Product, 'category' | 'attributes' | 'image_url'>>

const GREEN = '#6b8f68'
const WHITE = '#fffaf2'

const tone = (letter: string, colours: Colours): string =>
  ({ c: colours.main, d: colours.dark, l: colours.light, k: colours.accent, w: WHITE, g: GREEN })[letter] ?? colours.main

const Drawing = memo(({ product }: { product: Pictured }) => {
  const number = hash(product.product_id)
  const colours = coloursOf(product.product_id, `${product.attributes?.colour ?? ''} ${product.name}`)
  const shape = shapeOf(product.name, hash(product.category ?? ''))
  const back = mix(colours.ground, WHITE, 0.42)
  return (
    <svg className="picture" viewBox="0 0 120 120" aria-hidden="true" focusable="false">
      <path fill={colours.ground} d="M0 0h120v120H0z" />
      <Behind number={number} colour={back} />
      <path fill={mix(colours.ground, '#5b4636', 0.16)} d="M0 92h120v28H0z" />
      <ellipse cx="60" cy="97" rx="44" ry="4.5" fill="#3a2a1e" opacity=".18" />
      {shape.split('|').map((part, index) => {
        const letter = part[0]!
        const colour = tone(letter.toLowerCase(), colours)
        const path = part.slice(2)
        return letter === letter.toLowerCase() ? (
          <path key={index} d={path} fill={colour} />
        ) : (
          <path key={index} d={path} fill="none" stroke={colour} strokeWidth="4" strokeLinecap="round" />
        )
      })}
    </svg>
  )
})

/** What is seen of the room: a window, a sun, or an arch. */
const Behind = ({ number, colour }: { number: number; colour: string }) => {
  if (number % 3 === 0) return <circle cx={number % 2 ? 40 : 80} cy="48" r="34" fill={colour} />
  if (number % 3 === 1) return <path fill={colour} d="M22 92V56a38 38 0 0 1 76 0v36z" />
  return <path fill={colour} d={number % 2 ? 'M14 18h44v44H14zM62 18h44v44H62z' : 'M20 14h80v64H20z'} />
}

export const Picture = ({ product }: { product: Pictured }) => {
  const [isBroken, setBroken] = useState(false)
  if (!product.image_url || isBroken) return <Drawing product={product} />
  return <img className="picture" src={product.image_url} alt="" loading="lazy" onError={() => setBroken(true)} />
}
