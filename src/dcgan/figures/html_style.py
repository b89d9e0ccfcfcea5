"""The look of the report of a run, for screens and paper, in light and dark."""

STYLE = """
:root {
  color-scheme: light dark;
  --page: #faf9f7; --card: #ffffff; --ink: #1d1f23; --soft: #6b6f76; --line: #e6e4df; --accent: #2563eb;
  --good: #15803d; --warn: #b45309; --bad: #b91c1c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131417; --card: #1c1e22; --ink: #e9e8e6; --soft: #9a9ea6; --line: #2e3138; --accent: #7aa7ff;
    --good: #4ade80; --warn: #fbbf24; --bad: #f87171;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 1120px; padding: 40px 24px 56px; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
h1 { margin: 0; font-size: 34px; line-height: 1.2; letter-spacing: -.02em; overflow-wrap: anywhere; }
h2 { margin: 0 0 14px; font-size: 20px; letter-spacing: -.01em; }
section { margin-top: 44px; }
p { margin: 6px 0 0; }
.soft, figcaption, dt { color: var(--soft); }
.numbers { display: flex; flex-wrap: wrap; gap: 12px 40px; margin: 24px 0 0; }
.numbers dt { font-size: 13px; }
.numbers dd { margin: 0; font-size: 24px; font-weight: 650; letter-spacing: -.01em; }
figure { margin: 0; }
figcaption { margin-top: 8px; font-size: 14px; }
img { display: block; width: 100%; height: auto; border-radius: 8px; background: #fff; }
.grid { display: grid; gap: 20px; align-items: start; }
.wide { grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr)); }
.charts { align-items: stretch; }
.row { grid-template-columns: repeat(auto-fit, minmax(min(150px, 45%), 1fr)); gap: 12px; }
.card { padding: 18px 20px; border: 1px solid var(--line); border-radius: 12px; background: var(--card); }
.card figcaption { font-size: 13px; }
.events { margin: 0; padding-block: 6px; list-style: none; }
.events li { display: grid; grid-template-columns: 10px 1fr; gap: 0 12px; padding: 9px 0; }
.events li + li { border-top: 1px solid var(--line); }
.events i { width: 10px; height: 10px; margin-top: 7px; border-radius: 50%; background: var(--soft); }
.events .good i { background: var(--good); }
.events .warn i { background: var(--warn); }
.events .bad i { background: var(--bad); }
.events span { grid-column: 2; font-size: 14px; }
table { width: 100%; border-spacing: 0; font-size: 14px; }
th, td { padding: 5px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { padding-right: 16px; color: var(--soft); font-weight: 400; white-space: nowrap; }
td { text-align: right; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
tr:last-child > * { border-bottom: 0; }
thead th { color: var(--ink); font-weight: 600; text-align: right; white-space: normal; overflow-wrap: anywhere; }
thead tr > * { border-bottom: 1px solid var(--line); }
.scrolls { overflow-x: auto; }
.scrolls td, .scrolls thead th + th { padding-left: 16px; }
.columns { columns: 2 320px; column-gap: 40px; }
.columns tr { break-inside: avoid; }
code { font: 13px/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.commands { margin: 0; }
.commands dt { font-size: 14px; }
.commands dd { margin: 4px 0 14px; }
.commands code {
  display: block; padding: 9px 14px; overflow-x: auto; border: 1px solid var(--line); border-radius: 8px;
  background: var(--page); white-space: pre; user-select: all;
}
.commands dd:last-child { margin-bottom: 0; }
@media print {
  :root { color-scheme: light; --page: #fff; --card: #fff; --ink: #000; --soft: #555; --line: #ccc; }
  body { max-width: none; padding: 0; font-size: 11pt; }
  section { margin-top: 24px; }
  figure, .card, .numbers, h2 { break-inside: avoid; }
  h2 { break-after: avoid; }
  .wide { grid-template-columns: 1fr 1fr; }
  .commands code { white-space: pre-wrap; }
}
"""
