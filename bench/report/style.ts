// How the page looks, in light and in dark. It is markup: nothing of a report gets in here.
import { Markup } from './markup.ts';

export const PAGE_STYLE = new Markup(`
:root {
  --paper: #fcfcfb; --ink: #1a1a19; --faint: #62615c; --line: #dddcd6;
  --quorate: #2a78d6; --quorate-second: #86b6ef; --etcd: #d95926; --etcd-second: #f0a27f;
  --holds: #0b6b0b; --holds-paper: #dff2df; --missed: #a32020; --missed-paper: #fbe1e1; --unknown-paper: #ecebe6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #1a1a19; --ink: #f2f1ec; --faint: #aaa9a1; --line: #3a3a37;
    --quorate: #3987e5; --quorate-second: #1f5290; --etcd: #d95926; --etcd-second: #8a3b1b;
    --holds: #7fd67f; --holds-paper: #163516; --missed: #ff9b9b; --missed-paper: #461a1a; --unknown-paper: #32322f;
  }
}
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
.faint, figcaption { color: var(--faint); }
.wide { overflow-x: auto; }
figure { margin: 0 0 1.2rem; } figcaption { margin-bottom: .4rem; font-size: .9rem; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { color: var(--faint); font-weight: 600; white-space: nowrap; }
.figures td { white-space: nowrap; font-variant-numeric: tabular-nums; }
.badge { display: inline-block; padding: 0 .5rem; border-radius: .6rem; font-size: .85rem; font-weight: 600; white-space: nowrap; }
.holds { color: var(--holds); background: var(--holds-paper); }
.missed { color: var(--missed); background: var(--missed-paper); }
.unknown { color: var(--faint); background: var(--unknown-paper); }
svg { display: block; font: 12px system-ui, sans-serif; }
svg text { fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 3px; } svg .row { font-weight: 600; }
svg .system, svg .tick { fill: var(--faint); } svg .tick { text-anchor: middle; }
svg .figure { font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); } .whisker { stroke: var(--ink); stroke-width: 1.2; fill: none; }
.quorate .bar { fill: var(--quorate); } .quorate .second { fill: var(--quorate-second); }
.etcd .bar { fill: var(--etcd); } .etcd .second { fill: var(--etcd-second); }
.void .bar, .void .whisker { opacity: .45; }
`);
