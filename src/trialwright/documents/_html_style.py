"""Style sheets of the HTML files: readable on screen and paper, light and dark."""

from __future__ import annotations

_COLORS = """\
:root { color-scheme: light dark; --paper: #fff; --ink: #1b2233; --faint: #5d6880; --line: #cfd6e4; --shade: #f2f4f9;
  --accent: #1d4e89; --error: #b3261e; --warning: #9a6700; --note: #1d5fa8; --good: #1a7f4b; --query: #fff6db; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181f; --ink: #e4e8f0; --faint: #9aa5ba; --line: #353d4d;
  --shade: #1d232d; --accent: #8ab8ef; --error: #ff8a80; --warning: #f0b849; --note: #8ab8ef; --good: #6fd39b;
  --query: #3a3216; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); }
a { color: var(--accent); }
"""

DOCUMENT_STYLE = (
    _COLORS
    + """\
body { font: 1rem/1.55 Georgia, "Times New Roman", serif; }
main { max-width: 56rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
.page { max-width: 56rem; margin: 0 auto; padding: .6rem 1.25rem; font: .8rem Arial, sans-serif; color: var(--faint); }
h1, h2, h3, h4, h5, h6, .title, .subtitle, figcaption, table, nav, .query { font-family: Arial, Helvetica, sans-serif; }
h1 { font-size: 1.5rem; margin-top: 2.6rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
h2 { font-size: 1.22rem; } h3 { font-size: 1.08rem; } h4, h5, h6 { font-size: 1rem; }
.number { margin-right: .5em; }
.title { font-size: 2rem; font-weight: bold; text-align: center; margin: 3rem 0 1rem; }
.subtitle { font-size: 1.2rem; text-align: center; } .centered { text-align: center; } .small { font-size: .85rem; }
.note { border-left: 3px solid var(--accent); padding-left: .9rem; }
.query { background: var(--query); border: 1px solid var(--warning); border-radius: 4px; padding: .6rem .8rem;
  font-size: .9rem; margin: 1rem 0; }
.contents ol { list-style: none; padding: 0; font-size: .9rem; } .contents a { text-decoration: none; }
.table { overflow-x: auto; margin: 1.4rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .82rem; line-height: 1.35; }
caption, figcaption { text-align: left; font-weight: bold; padding-bottom: .4rem; }
.population { font-weight: normal; font-size: .85em; }
th, td { padding: .16rem .5rem; vertical-align: top; }
thead th { vertical-align: bottom; }
table.results { border-top: 1.5px solid; border-bottom: 1.5px solid; }
table.results thead tr:last-child th { border-bottom: 1px solid; }
table.results thead th + th { text-align: center; } th.spanner { border-bottom: 1px solid var(--faint); }
table.results tbody th { text-align: left; font-weight: normal; } tr.group th { font-weight: bold; }
td.center { text-align: center; white-space: pre; } td.right { text-align: right; white-space: pre; }
table.facts th, table.facts td { border: 1px solid var(--line); text-align: left; }
table.facts thead th { background: var(--shade); }
.footnote { font: .76rem/1.4 Arial, sans-serif; margin: .3rem 0; }
figure { margin: 1.4rem 0; } img { max-width: 100%; height: auto; background: #fff; }
@media print { .page, nav { display: none; } main { max-width: none; } }
"""
)

FINDINGS_STYLE = (
    _COLORS
    + """\
body { font: .94rem/1.5 Arial, Helvetica, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.5rem; margin: 0 0 .2rem; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .3rem; }
.about { color: var(--faint); margin: 0 0 1.4rem; overflow-wrap: anywhere; }
.counts { display: flex; flex-wrap: wrap; gap: .8rem; padding: 0; margin: 0 0 1rem; list-style: none; }
.counts li { border: 1px solid var(--line); border-left: 5px solid var(--faint); border-radius: 4px;
  padding: .5rem .9rem; }
.counts b { font-size: 1.4rem; margin-right: .4rem; }
.error { --mark: var(--error); } .warning { --mark: var(--warning); }
.note { --mark: var(--note); } .good { --mark: var(--good); }
.counts li.error, .counts li.warning, .counts li.note, .counts li.good { border-left-color: var(--mark); }
.rule { color: var(--faint); margin: 0 0 .6rem; } .rule code { color: var(--ink); }
.badge { display: inline-block; border-radius: 3px; padding: 0 .45em; font-size: .78rem; font-weight: bold;
  color: var(--paper); background: var(--mark); margin-right: .5em; text-transform: uppercase; letter-spacing: .03em; }
.frame { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .86rem; }
th { text-align: left; background: var(--shade); } th, td { border-bottom: 1px solid var(--line); padding: .4rem .6rem;
  vertical-align: top; overflow-wrap: anywhere; }
td:first-child { width: 26%; } td:last-child { width: 24%; color: var(--faint); }
td .evidence { display: block; font-family: ui-monospace, Consolas, monospace; font-size: .8rem; margin-top: .2rem; }
@media print { .badge { border: 1px solid; color: inherit; background: none; } }
"""
)
