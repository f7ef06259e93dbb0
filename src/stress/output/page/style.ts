// How the page looks: on a desk, on a phone, in the dark and on paper.

export const style: string = `
:root {
  color-scheme: light dark;
  --page: #f6f6f4; --panel: #ffffff; --ink: #1c1d21; --soft: #5f626b; --line: #e1e1dd; --strong: #c9c9c4; --link: #1f5fbf; --code: #f1f1ee;
  --pass: #2e7d4f; --flaky: #9a5b00; --budget: #7a6200; --killed: #8132a8; --broken: #b3261e; --mark: #4670b4;
  --tint: 12%; --heat-0: #f3efe6; --heat-1: #b3261e; --cool: #1c1d21; --hot: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131417; --panel: #1b1d21; --ink: #e8e8e6; --soft: #a0a4ad; --line: #2d3036; --strong: #454951; --link: #8ab4f8; --code: #24262b;
    --pass: #6cc694; --flaky: #f0b05a; --budget: #dcc45a; --killed: #d39af0; --broken: #ff8a80; --mark: #8ab4f8;
    --tint: 18%; --heat-0: #24262b; --heat-1: #ef5f4f; --cool: #e8e8e6; --hot: #16100f;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; font-variant-numeric: tabular-nums; }
main, .top, footer { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: .87em; }
a { color: var(--link); text-underline-offset: 2px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: .1em 0 .35em; letter-spacing: -.015em; text-wrap: balance; }
h2 { font-size: 1.2rem; margin: 0 0 .7em; letter-spacing: -.005em; }
h3 { font-size: 1.02rem; margin: 0; overflow-wrap: anywhere; }
h4 { font-size: .8rem; margin: 1.3em 0 .4em; color: var(--soft); font-weight: 600; }
p { margin: .5em 0; }
section { margin: 44px 0; }
.soft { color: var(--soft); font-size: .9em; }
.nowrap { white-space: nowrap; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
[hidden] { display: none !important; }

.top { padding-top: 36px; }
.eyebrow { color: var(--soft); margin: 0; font-size: .9em; }
nav { display: flex; flex-wrap: wrap; gap: 2px 20px; margin-top: 18px; padding-bottom: 10px; border-bottom: 1px solid var(--line); }
nav a { text-decoration: none; padding: 4px 0; }
nav a:hover { text-decoration: underline; }
dl.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1px; background: var(--line); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; margin: 20px 0; }
.tiles div { background: var(--panel); padding: 12px 16px; }
.tiles dt { color: var(--soft); font-size: .82rem; }
.tiles dd { margin: 0; font-size: 1.35rem; font-weight: 600; letter-spacing: -.01em; }
.tiles dd small { font-size: .82rem; font-weight: 400; color: var(--soft); letter-spacing: 0; display: block; }
.notice { border-left: 3px solid var(--flaky); padding: 6px 12px; background: color-mix(in srgb, var(--flaky) var(--tint), transparent); border-radius: 0 6px 6px 0; }

.badge { display: inline-block; font-size: .72rem; font-weight: 700; letter-spacing: .03em; line-height: 1; padding: 4px 7px; border-radius: 5px; color: var(--kind); background: color-mix(in srgb, var(--kind) var(--tint), transparent); white-space: nowrap; }
.pass { --kind: var(--pass); } .flaky { --kind: var(--flaky); } .budget { --kind: var(--budget); } .killed { --kind: var(--killed); } .broken { --kind: var(--broken); } .badge.guilty { --kind: var(--broken); margin-left: 6px; }

.controls { display: flex; flex-wrap: wrap; gap: 10px 14px; align-items: center; margin-bottom: 12px; }
.search { flex: 0 1 300px; }
input, select { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--strong); border-radius: 7px; padding: 7px 11px; width: 100%; }
select { width: auto; max-width: 100%; }
button { font: inherit; color: inherit; cursor: pointer; }
.chips { display: flex; flex-wrap: wrap; gap: 6px; }
.chip { border: 1px solid var(--strong); background: var(--panel); border-radius: 7px; padding: 5px 9px 5px 6px; font-size: .88rem; }
.chip[aria-pressed=false] { opacity: .55; border-style: dashed; }
.chip[aria-pressed=false] .badge { text-decoration: line-through; }

table { border-collapse: collapse; width: 100%; text-align: left; }
th, td { padding: 9px 12px; border-bottom: 1px solid var(--line); vertical-align: middle; font-weight: 400; }
thead th { color: var(--soft); font-size: .82rem; border-bottom-color: var(--strong); white-space: nowrap; }
thead button { border: 0; background: none; padding: 2px 0; }
thead button:hover { color: var(--ink); }
thead button::after { content: ' ↕'; opacity: .45; }
[aria-sort=ascending] > button::after { content: ' ↑'; opacity: 1; } [aria-sort=descending] > button::after { content: ' ↓'; opacity: 1; }
.number { text-align: right; white-space: nowrap; }
abbr { text-underline-offset: 3px; }
table.tests { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; border-collapse: separate; border-spacing: 0; overflow: hidden; }
table.tests tbody tr:last-child > * { border-bottom: 0; }
.name { font-weight: 600; overflow-wrap: anywhere; color: inherit; text-decoration-color: var(--strong); }
a.name:hover { color: var(--link); }
.place { display: block; margin: 0; color: var(--soft); font-size: .84rem; overflow-wrap: anywhere; }
.wide { white-space: nowrap; }
.wide > *, .figure > * { vertical-align: middle; }
.interval { width: 100px; height: 12px; margin-right: 8px; flex: none; }
.interval .axis { stroke: var(--line); stroke-width: 2; } .interval .span { stroke: var(--mark); stroke-width: 3; stroke-linecap: round; }
.interval .bad { fill: var(--broken); } .interval .good { fill: var(--pass); }
.rate { display: inline-block; min-width: 9.8em; }
.rate b { display: inline-block; min-width: 3.3em; text-align: right; font-weight: 600; }

.card { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 20px 22px; margin: 16px 0; scroll-margin-top: 12px; }
.card:target { border-color: var(--link); }
.card header { display: grid; grid-template-columns: auto 1fr auto; gap: 2px 12px; align-items: center; }
.card header .badge { align-self: start; margin-top: 3px; }
.card header .place { grid-column: 2; }
.card header .figure { grid-column: 3; grid-row: 1 / span 2; margin: 0; white-space: nowrap; }
.message { overflow-wrap: anywhere; }
.card > .message { margin: 14px 0 0; padding: 9px 12px; border-radius: 7px; background: var(--code); }
.copyable { display: flex; align-items: stretch; border: 1px solid var(--strong); border-radius: 7px; overflow: hidden; background: var(--code); }
.copyable code { flex: 1; padding: 9px 12px; overflow-x: auto; white-space: pre; scrollbar-width: thin; }
.copy { border: 0; border-left: 1px solid var(--strong); background: var(--panel); padding: 0 15px; min-width: 5.4em; font-size: .88rem; font-weight: 600; }
.copy:hover { background: color-mix(in srgb, var(--link) var(--tint), var(--panel)); }
.copy.done { color: var(--pass); }
.repro .soft { margin: .4em 0 0; }
main, .notice { overflow-wrap: anywhere; }
.cause ul { margin: 0; padding-left: 1.2em; }
.effects table { font-size: .93rem; } .effects th, .effects td { padding: 6px 10px; } .effects th:first-child { padding-left: 0; } .effects td:last-child, .effects th:last-child { padding-right: 0; }
.effects th code { overflow-wrap: anywhere; }
table.knobs tbody th { width: 34%; }
summary { cursor: pointer; }
details > summary { color: var(--link); } .effects details, .card > details, figure details { margin-top: 10px; font-size: .93rem; }

#knobs table { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; border-collapse: separate; border-spacing: 0; } #knobs tbody tr:last-child > * { border-bottom: 0; }
.scroll { overflow-x: auto; padding-bottom: 4px; }
table.heat { width: auto; border-collapse: separate; border-spacing: 3px; }
.heat th { border: 0; color: var(--soft); font-size: .88rem; text-align: center; padding: 4px 6px; } .heat th[scope=row] { text-align: right; padding-right: 8px; white-space: nowrap; }
.heat td { border: 0; padding: 0; } .heat td[style] { min-width: 92px; height: 54px; text-align: center; border-radius: 6px; background: color-mix(in oklab, var(--heat-1) calc(var(--heat) * 100%), var(--heat-0)); color: var(--cool); print-color-adjust: exact; -webkit-print-color-adjust: exact; line-height: 1.2; }
.heat td.hot { color: var(--hot); } .heat td b { display: block; font-weight: 600; } .heat td span { font-size: .78rem; } .heat .none { text-align: center; color: var(--soft); }
.axes { margin: 2px 0 0; }
.ramp { display: inline-block; width: 120px; height: 9px; border-radius: 3px; vertical-align: middle; margin: 0 6px; background: linear-gradient(to right in oklab, var(--heat-0), var(--heat-1)); border: 1px solid var(--line); print-color-adjust: exact; }
.plots { display: grid; grid-template-columns: 1fr 1fr; gap: 18px; }
figure { margin: 0; background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px 12px; min-width: 0; }
figcaption { font-weight: 600; margin-bottom: 6px; }
.plot { display: block; width: 100%; height: auto; }
.plot .grid { stroke: var(--line); } .plot .tick { fill: var(--soft); font-size: 11.5px; } .plot .axis-title { fill: var(--soft); font-size: 11.5px; }
.plot .line { fill: none; stroke: var(--broken); stroke-width: 1.5; opacity: .45; } .plot .whisker { fill: none; stroke: var(--broken); stroke-width: 1.6; } .plot .dot { fill: var(--broken); stroke: var(--panel); stroke-width: 1.5; }
.point { fill: var(--mark); opacity: .6; } .cross { stroke: var(--broken); stroke-width: 1.5; fill: none; } .median { stroke: var(--ink); stroke-width: 2; fill: none; }
.key { width: 12px; height: 12px; vertical-align: -1px; }
figure table { font-size: .88rem; } figure th, figure td { padding: 4px 8px 4px 0; }

.cluster header { grid-template-columns: auto 1fr; align-items: baseline; } .times { font-weight: 700; font-size: 1.15rem; color: var(--broken); }
dl { margin: 12px 0 0; display: grid; grid-template-columns: 4.5em 1fr; gap: 6px 10px; } dt { color: var(--soft); font-size: .9em; } dd { margin: 0; min-width: 0; overflow-wrap: anywhere; } dd ul { margin: 0; padding: 0; list-style: none; }
.pill { display: inline-block; border: 1px solid var(--line); border-radius: 6px; padding: 0 7px; font-size: .88rem; background: var(--code); overflow-wrap: anywhere; } .pills { display: flex; flex-wrap: wrap; gap: 5px; }

pre { background: var(--code); border-radius: 7px; padding: 11px 13px; overflow-x: auto; margin: .7em 0; line-height: 1.45; max-height: 30em; white-space: pre; tab-size: 2; }
.expected { color: var(--pass); } .received { color: var(--broken); }
.failure { background: var(--panel); border: 1px solid var(--line); border-top-width: 0; padding: 9px 16px; content-visibility: auto; contain-intrinsic-size: auto 56px; }
h2 + .failure { border-top-width: 1px; border-radius: 10px 10px 0 0; } .failure:last-of-type { border-radius: 0 0 10px 10px; }
.failure[open] { padding-bottom: 16px; }
.failure > summary { color: inherit; display: grid; grid-template-columns: 1fr auto; gap: 0 14px; align-items: center; list-style: none; position: relative; padding-left: 18px; }
.failure > summary::-webkit-details-marker { display: none; }
.failure > summary::before { content: '▸'; position: absolute; left: 0; color: var(--soft); } .failure[open] > summary::before { content: '▾'; }
.failure summary .message { font-weight: 500; } .failure summary .place { grid-column: 1; } .failure summary .pill { grid-column: 2; grid-row: 1 / span 2; }
footer { color: var(--soft); font-size: .86rem; padding-bottom: 48px; overflow-wrap: anywhere; border-top: 1px solid var(--line); padding-top: 16px; } footer code { overflow-wrap: anywhere; }

@media (max-width: 720px) {
  main, .top, footer { padding-left: 16px; padding-right: 16px; }
  .top { padding-top: 22px; }
  h1 { font-size: 1.5rem; }
  section { margin: 34px 0; }
  nav { flex-wrap: nowrap; overflow-x: auto; gap: 18px; white-space: nowrap; scrollbar-width: none; }
  dl.tiles { grid-template-columns: 1fr 1fr; }
  .plots { grid-template-columns: 1fr; } .plot .tick, .plot .axis-title { font-size: 14.5px; }
  .search { flex-basis: 100%; }
  .card { padding: 16px; }
  .card header { grid-template-columns: auto 1fr; } .card header .badge { align-self: start; margin-top: 3px; }
.card header .place { grid-column: 1 / -1; } .card header .figure { grid-column: 1 / -1; grid-row: auto; margin-top: 8px; white-space: normal; }
  .cluster header { grid-template-columns: auto 1fr; }
  table.tests thead tr { display: flex; gap: 2px 12px; flex-wrap: wrap; padding: 8px 14px; border-bottom: 1px solid var(--strong); } table.tests thead th { padding: 0; border: 0; }
  table.tests, table.tests tbody, table.tests thead, table.knobs, table.knobs tbody { display: block; }
  table.tests tbody tr { display: grid; grid-template-columns: auto 1fr auto; gap: 3px 10px; padding: 11px 14px; border-bottom: 1px solid var(--line); } table.tests tbody tr:last-child { border-bottom: 0; }
  table.tests .none { display: none; } table.tests thead th { font-size: .8rem; }
  table.tests tbody tr > * { border: 0; padding: 0; } table.tests tbody tr > th { grid-column: 1 / -1; grid-row: 2; } table.tests tbody tr > td:nth-of-type(2) { grid-column: 1 / -1; grid-row: 3; } table.tests tbody tr > td:nth-of-type(3) { grid-column: 3; grid-row: 1; }
  table.knobs thead { display: none; }
  table.knobs tbody tr { display: flex; flex-wrap: wrap; gap: 1px 12px; padding: 9px 0; border-bottom: 1px solid var(--line); } #knobs tbody tr { padding: 9px 14px; }
  table.knobs tbody tr > * { border: 0; padding: 0; } table.knobs tbody th { flex: 1 1 50%; width: auto; } table.knobs tbody .wide { flex: 1 0 100%; order: 1; } #knobs tbody th { flex-basis: 100%; } #knobs tbody .wide { order: 0; } .effects tbody .number { color: var(--soft); font-size: .9rem; }
  .effects tbody .number:last-child:not(:empty)::before { content: 'p '; } .number[data-label] { color: var(--soft); font-size: .9rem; } .number[data-label]::before { content: attr(data-label) ' '; }
  .interval { width: 84px; }
  .wide { white-space: normal; }
  .heat td[style] { min-width: 62px; height: 48px; }
  .copyable { flex-direction: column; } .copyable code { white-space: pre-wrap; overflow-wrap: anywhere; } .copy { border-left: 0; border-top: 1px solid var(--strong); padding: 9px; }
  .failure { padding-left: 12px; padding-right: 12px; } .failure > summary { grid-template-columns: 1fr; } .failure summary .pill { grid-column: 1; grid-row: auto; justify-self: start; margin-top: 4px; }
}
@media print {
  :root { --page: #fff; --panel: #fff; }
  body { font-size: 10.5pt; }
  nav, .controls, .copy, thead button::after { display: none; }
  main, .top, footer { max-width: none; padding-left: 0; padding-right: 0; }
  .card, figure, tr { break-inside: avoid; } h2, h3, h4 { break-after: avoid; }
  pre, .copyable code { white-space: pre-wrap; overflow-wrap: anywhere; max-height: none; }
}
`
