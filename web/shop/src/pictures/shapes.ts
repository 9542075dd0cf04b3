/**
 * Drawings of things, in a field of 120 by 120 that they stand in at 96: paths, each after a letter
 * for its colour. Small letters fill (c main, d dark, l light, k accent, w white, g green), capitals
 * draw lines.
 */

export const SHAPES: Record<string, string> = {
  mug: 'W M52 36c-4-5 4-7 0-13|W M66 36c-4-5 4-7 0-13|C M76 56h5a11 11 0 0 1 0 22h-5|c M38 46h40v40a10 10 0 0 1-10 10H48a10 10 0 0 1-10-10z|d M38 46h40v7H38z|l M46 62h24v6H46zM46 72h24v6H46z',
  teapot: 'C M86 76c9-2 7-16 17-20|C M36 60c-18-4-20 24-2 26|c M34 68a28 24 0 0 1 56 0v4a24 24 0 0 1-24 24h-8a24 24 0 0 1-24-24z|d M42 50a20 9 0 0 1 40 0z|d M57 37a5 5 0 1 1 10 0a5 5 0 1 1-10 0z|l M48 70a14 14 0 0 1 14-12v6a8 8 0 0 0-8 8z',
  bowl: 'k M40 52a11 11 0 1 1 22 0v8H40z|l M58 50a13 13 0 1 1 26 0v10H58z|G M72 38c2-6 6-8 10-8|c M24 58h72c0 24-12 38-26 38H50C36 96 24 82 24 58z|d M24 58h72l-1 8H25z',
  'chopping board': 'c M36 42h48a6 6 0 0 1 6 6v42a6 6 0 0 1-6 6H36a6 6 0 0 1-6-6V48a6 6 0 0 1 6-6z|c M53 22h14a4 4 0 0 1 4 4v18H49V26a4 4 0 0 1 4-4z|w M57 30a3 3 0 1 1 6 0a3 3 0 1 1-6 0z|D M42 56h36M42 68h26M42 80h36',
  jar: 'd M42 28h36a3 3 0 0 1 3 3v9H39v-9a3 3 0 0 1 3-3z|c M40 42h40c4 6 6 10 6 16v30a8 8 0 0 1-8 8H42a8 8 0 0 1-8-8V58c0-6 2-10 6-16z|w M44 60h32v22H44z|D M51 68h18M54 75h12',
  'egg cup': 'w M60 24c13 0 19 20 19 34H41c0-14 6-34 19-34z|c M37 56h46c0 14-9 22-17 24v8l12 8H42l12-8v-8c-8-2-17-10-17-24z|d M37 56h46l-1 7H38z',
  jug: 'C M78 46c20-4 20 34 4 36|c M42 30h36l-3 18c10 10 10 38-1 48H46c-11-10-11-38-1-48z|d M42 30l-7-3 5 10h39l-1-7z|l M46 64c8 5 20 5 28 0v8c-8 5-20 5-28 0z',
  lantern: 'D M47 36a13 15 0 0 1 26 0|d M36 38h48l-5 9H41z|w M43 47h34v43H43z|c M39 47h5v43h-5zM76 47h5v43h-5z|k M60 54c9 9 6 18 0 19c-6-1-9-10 0-19z|l M53 73h14v17H53z|d M35 90h50v6H35z',
  'table lamp': 'k M60 54a8 8 0 1 1 0 16a8 8 0 0 1 0-16z|d M57 60h6v32h-6z|c M46 22h28l16 38H30z|l M46 22h9l-9 38H30z|d M42 96a18 12 0 0 1 36 0z',
  candle: 'k M60 18c11 11 7 21 0 22c-7-1-11-11 0-22z|D M60 40v8|c M44 48h32v48H44z|d M44 48h32c0 8-6 10-8 4c-2 8-8 8-10 2c-4 4-12 4-14-6z|l M50 66h5v22h-5z',
  'fairy lights': 'D M10 34c22 40 38 34 50 14s28-20 50 10|c M24 52a7 9 0 1 1-1 14a7 9 0 0 1 1-14z|k M42 60a7 9 0 1 1-1 15a7 9 0 0 1 1-15z|l M60 50a7 9 0 1 1-1 15a7 9 0 0 1 1-15z|c M78 40a7 9 0 1 1-1 15a7 9 0 0 1 1-15z|k M96 50a7 9 0 1 1-1 15a7 9 0 0 1 1-15z|d M21 48h6v6h-6zM39 56h6v6h-6zM57 46h6v6h-6zM75 36h6v6h-6zM93 46h6v6h-6z',
  'tea light': 'k M60 38c13 13 8 25 0 27c-8-2-13-14 0-27z|w M60 52c5 6 3 11 0 12c-3-1-5-6 0-12z|c M32 70h56v18a8 8 0 0 1-8 8H40a8 8 0 0 1-8-8z|d M32 70h56v6H32z|l M32 82h56v4H32z',
  planter: 'g M60 58c-5-18-20-24-28-20c0 14 12 22 28 20z|g M60 58c5-22 18-30 29-28c0 16-12 28-29 28z|g M60 58c-8-14-6-28 0-36c8 10 8 24 0 36z|d M32 56h56v11H32z|c M36 67h48l-6 29H42z|l M43 67h8l3 29h-6z',
  'watering can': 'D M46 52a14 16 0 0 1 28 0|C M78 84l24-34|d M92 44l20 12-5 7-20-12z|C M38 60c-22-4-22 32 0 28|c M38 50h42v38a8 8 0 0 1-8 8H46a8 8 0 0 1-8-8z|l M38 64h42v8H38z',
  'bird feeder': 'D M60 12v10|w M42 46h36v40H42z|k M42 62h36v24H42z|c M60 20l36 28H24z|d M60 20l36 28H84z|d M30 86h60v7H30z|D M42 46v40M78 46v40',
  'seed box': 'w M34 34h16v30H34z|k M52 26h16v38H52z|l M70 36h16v28H70z|g M60 34a6 6 0 1 1 0 12a6 6 0 0 1 0-12z|c M26 58h68v38H26z|d M26 58h68v8H26z|l M48 74h24v12H48z',
  trowel: 'd M53 16h14a4 4 0 0 1 4 4v18a6 6 0 0 1-6 6H55a6 6 0 0 1-6-6V20a4 4 0 0 1 4-4z|D M60 44v12|c M42 56h36v10c0 14-10 24-18 30c-8-6-18-16-18-30z|l M52 60h5v26c-3-3-5-6-5-8z',
  notebook: 'c M38 24h44a5 5 0 0 1 5 5v62a5 5 0 0 1-5 5H38z|d M30 24h12v72H30a0 0 0 0 1 0-72z|w M51 40h26v18H51z|D M56 49h16|k M70 24h7v26l-3.5-4-3.5 4z',
  'pencil case': 'k M38 28l4-8 4 8v30h-8z|l M50 32l4-8 4 8v26h-8z|d M62 30l4-8 4 8v28h-8z|c M20 60a8 8 0 0 1 8-8h64a8 8 0 0 1 8 8v22a14 14 0 0 1-14 14H34a14 14 0 0 1-14-14z|D M28 63h58|l M84 60h6v14h-6z',
  calendar: 'w M28 46h64v50H28z|c M28 32a4 4 0 0 1 4-4h56a4 4 0 0 1 4 4v18H28z|D M44 20v14M76 20v14|l M38 58h10v8H38zM55 58h10v8H55zM72 58h10v8H72zM38 72h10v8H38zM72 72h10v8H72zM38 84h10v6H38zM55 84h10v6H55z|k M55 72h10v8H55z',
  'card set': 'l M22 50l58-20 12 36-58 20z|w M34 52h54v44H34z|c M34 52l27 24 27-24v44H34z|d M34 96l20-24 7 6 7-6 20 24z|k M61 58a7 7 0 1 1 0 14a7 7 0 0 1 0-14z',
  stamp: 'd M49 28a11 11 0 0 1 22 0l-4 32H53z|c M36 60h48a6 6 0 0 1 6 6v20H30V66a6 6 0 0 1 6-6z|l M30 74h60v8H30z|k M34 86h52v10H34z',
  cushion: 'c M28 34c22 7 42 7 64 0c-7 22-7 40 0 62c-22-7-42-7-64 0c7-22 7-40 0-62z|L M46 40c-3 18-3 32 0 50M60 40v50M74 40c3 18 3 32 0 50',
  blanket: 'd M24 82h72v14H24z|c M22 62h76v20H22z|l M26 44h68v18H26z|c M26 44h68v6H26zM26 54h68v3H26z|D M28 96v5M40 96v5M52 96v5M64 96v5M76 96v5M88 96v5',
  'tea towel': 'D M26 24h68|c M40 24h40v72H40z|l M40 64h40v6H40zM40 76h40v10H40z|d M40 24h40v6H40z',
  apron: 'D M48 34a12 14 0 0 1 24 0M44 56c-12 0-14 6-14 14M76 56c12 0 14 6 14 14|c M48 32h24l4 22 10 4v38H34V58l10-4z|d M46 66h28v18H46z|l M46 66h28v5H46z',
  'table runner': 'd M20 52h80v8H20z|d M28 60h7v36h-7zM85 60h7v36h-7z|c M44 50h32v32l-16 12-16-12z|l M44 60h32v4H44zM44 70h32v4H44z|k M53 30h14l-3 22h-8z|g M60 30c-8-2-10-10-8-14c8 2 10 8 8 14zM60 30c8-2 10-10 8-14c-8 2-10 8-8 14z',
  puzzle: 'c M30 44h18a10 10 0 1 1 22 0h18v18a10 10 0 1 0 0 20v14H66a10 10 0 1 0-16 0H30z|l M38 52h10v5H43v5h-5z',
  'spinning top': 'd M56 18h8v24h-8z|k M50 18h20v6H50z|c M26 54a34 16 0 0 1 68 0c0 14-22 28-34 44c-12-16-34-30-34-44z|l M27 58c14 10 52 10 66 0c-2 5-5 9-9 13c-14 6-34 6-48 0c-4-4-7-8-9-13z',
  'building blocks': 'c M26 64h32v32H26z|k M62 64h32v32H62z|d M44 30h32v32H44z|l M34 72h16v16H34z|w M78 72l9 16H69z|l M52 46a8 8 0 1 1 16 0a8 8 0 1 1-16 0z',
  puppet: 'd M44 36l16-22 16 22z|l M44 44a16 16 0 1 1 32 0a16 16 0 1 1-32 0z|c M38 96c0-26 8-38 22-38s22 12 22 38z|c M42 68l-16 6 2 8 16-6zM78 68l16 6-2 8-16-6z|d M52 42a2.5 2.5 0 1 1 5 0a2.5 2.5 0 1 1-5 0zM63 42a2.5 2.5 0 1 1 5 0a2.5 2.5 0 1 1-5 0z|D M55 50c3 3 7 3 10 0|k M60 66a4 4 0 1 1 0 8a4 4 0 0 1 0-8zM60 80a4 4 0 1 1 0 8a4 4 0 0 1 0-8z',
  kite: 'c M60 14l28 32-28 38-28-38z|d M60 14l28 32H60z|l M60 46v38L32 46z|D M60 84c-10 6 10 8 0 16|k M48 92l10 4-10 4zM72 92l-10 4 10 4z',
  tote: 'D M44 50V36a16 16 0 0 1 32 0v14|c M32 48h56l6 48H26z|l M60 60a12 12 0 1 1 0 24a12 12 0 0 1 0-24z|d M32 48h56l1 6H31z',
  'lunch bag': 'd M38 28h44l4 12H34z|c M34 40h52v56H34z|l M34 40h12v56H34z|w M54 56h24v16H54z|K M50 34h20',
  backpack: 'D M48 30a12 12 0 0 1 24 0|d M26 62h10v26H26zM84 62h10v26H84z|c M34 50a26 24 0 0 1 52 0v38a8 8 0 0 1-8 8H42a8 8 0 0 1-8-8z|d M42 66h36v22H42z|L M42 74h36|l M50 42h20v5H50z',
  pouch: 'c M28 48h64l-5 40a9 9 0 0 1-9 8H42a9 9 0 0 1-9-8z|d M28 44h64v9H28z|k M84 50h7v18h-7z|L M44 66c10 6 22 6 32 0M42 80c12 6 24 6 36 0',
  basket: 'D M34 58a26 32 0 0 1 52 0|c M24 56h72l-9 40H33z|D M27 68h66M30 80h60|L M44 60l4 34M60 60v34M76 60l-4 34|d M22 54h76v7H22z',
  'picture frame': 'd M26 26h68v70H26z|w M34 34h52v54H34z|k M66 42a7 7 0 1 1 0 14a7 7 0 0 1 0-14z|c M34 80l16-22 13 16 8-8 15 18v4H34z|d M34 84l12-12 14 12h26v4H34z',
  'wall clock': 'd M60 22a37 37 0 1 1 0 74a37 37 0 0 1 0-74z|w M60 30a29 29 0 1 1 0 58a29 29 0 0 1 0-58z|c M58 32h4v6h-4zM58 80h4v6h-4zM33 57h6v4h-6zM81 57h6v4h-6z|D M60 59V43M60 59l12 8|k M60 55a4 4 0 1 1 0 8a4 4 0 0 1 0-8z',
  vase: 'G M60 54V22M56 54C52 40 48 36 42 32M64 54c4-12 8-16 14-18|k M60 12a8 8 0 1 1 0 16a8 8 0 0 1 0-16z|l M40 24a7 7 0 1 1 0 14a7 7 0 0 1 0-14z|l M80 28a7 7 0 1 1 0 14a7 7 0 0 1 0-14z|c M47 52h26c-2 8 15 14 15 28c0 10-9 16-16 16H48c-7 0-16-6-16-16c0-14 17-20 15-28z|d M46 50h28v6H46z|l M40 82c0-8 6-12 10-16l4 3c-4 4-7 8-7 13z',
  wreath: 'G M60 30a28 28 0 1 1 0 56a28 28 0 0 1 0-56z|g M60 20c8 4 8 14 0 18c-8-4-8-14 0-18zM88 40c2 8-6 14-14 12c0-8 6-14 14-12zM90 72c-6 8-14 6-18 0c6-6 14-6 18 0zM32 40c-2 8 6 14 14 12c0-8-6-14-14-12zM30 72c6 8 14 6 18 0c-6-6-14-6-18 0z|c M48 82l12 6 12-6 4 14-16-6-16 6z|d M55 82h10v10H55z|k M43 40a4 4 0 1 1 0 8a4 4 0 0 1 0-8zM79 62a4 4 0 1 1 0 8a4 4 0 0 1 0-8zM36 60a4 4 0 1 1 0 8a4 4 0 0 1 0-8z',
  mirror: 'c M60 16a30 38 0 1 1 0 76a30 38 0 0 1 0-76z|w M60 24a22 30 0 1 1 0 60a22 30 0 0 1 0-60z|l M48 62l22-28 4 4-22 28z|d M44 90h32v6H44z',
  'soap dish': 'w M44 42a7 7 0 1 1 0 14a7 7 0 0 1 0-14zM60 32a9 9 0 1 1 0 18a9 9 0 0 1 0-18zM76 44a5 5 0 1 1 0 10a5 5 0 0 1 0-10z|l M38 58h44a9 9 0 0 1 9 9v10H29V67a9 9 0 0 1 9-9z|c M24 76h72l-7 15a8 8 0 0 1-7 5H38a8 8 0 0 1-7-5z|d M24 76h72l-3 6H27z',
  towel: 'D M22 28h76|c M36 28h48v68H36z|d M36 28h14v54H36z|l M36 70h48v6H36zM36 80h48v4H36z',
  'bath mat': 'c M32 60h56l14 36H18z|l M36 66h48l3 8H33z|d M20 90h80l2 6H18z|w M52 34c8-8 12 2 10 10s-12 8-12 0zM70 42c8-6 10 4 8 10s-10 6-10 0z',
  sponge: 'c M28 56h64a8 8 0 0 1 8 8v24a8 8 0 0 1-8 8H28a8 8 0 0 1-8-8V64a8 8 0 0 1 8-8z|d M34 66a4 4 0 1 1 0 8a4 4 0 0 1 0-8zM52 78a5 5 0 1 1 0 10a5 5 0 0 1 0-10zM70 64a6 6 0 1 1 0 12a6 6 0 0 1 0-12zM86 80a4 4 0 1 1 0 8a4 4 0 0 1 0-8z|w M46 30a8 8 0 1 1 0 16a8 8 0 0 1 0-16zM66 38a5 5 0 1 1 0 10a5 5 0 0 1 0-10zM76 24a4 4 0 1 1 0 8a4 4 0 0 1 0-8z',
  'hand soap': 'D M60 42V28h18|d M52 40h16v14H52z|c M42 54h36a6 6 0 0 1 6 6v28a8 8 0 0 1-8 8H44a8 8 0 0 1-8-8V60a6 6 0 0 1 6-6z|w M46 66h28v18H46z|K M53 75h14',
  parcel: 'c M28 46h64v50H28z|d M28 46l10-14h44l10 14z|l M53 32h14l3 14v18H50V46z',
  bottle: 'd M52 18h16v10H52z|c M54 28h12v16c10 6 14 12 14 22v22a8 8 0 0 1-8 8H48a8 8 0 0 1-8-8V66c0-10 4-16 14-22z|w M44 66h32v18H44z|D M51 75h18',
}

/** What a shop's other products are shown as, a kind for each category. */
const OTHERS = ['parcel', 'bottle', 'jar', 'vase', 'tote', 'building blocks', 'bowl', 'lantern']

const NAMES = Object.keys(SHAPES).sort((one, other) => other.length - one.length)

/** The drawing of the thing that a name mentions, else that of its category. */
export const shapeOf = (name: string, number: number): string => {
  const words = ` ${name.toLowerCase()} `
  const found = NAMES.find(known => words.includes(` ${known} `) || words.includes(` ${known}s `))
  return SHAPES[found ?? OTHERS[number % OTHERS.length]!]!
}
