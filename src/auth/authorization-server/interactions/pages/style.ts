/** The look of the pages. One text without variables, so that its hash can stand in the content security policy. */

export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d0d6df, #3a4250); --soft: light-dark(#f4f6f9, #171b21); --card: light-dark(#fff, #14181e);
 --ink: light-dark(#1a202b, #e7eaf0); --dim: light-dark(#566070, #a3adbc); --mark: light-dark(#0b5fc0, #7db4ff); --on-mark: light-dark(#fff, #0b1420);
 --warn: light-dark(#8a4b00, #ffc37a); --warn-soft: light-dark(#fff6e8, #2a2013); --bad: light-dark(#b3261e, #ff9d94); --bad-soft: light-dark(#fdf0ef, #2c1716); --good: light-dark(#17693a, #7fd8a0) }
* { box-sizing: border-box }
html { background: light-dark(#eef1f5, #0c0f13) }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column; font: 16px/1.55 system-ui, sans-serif; color: var(--ink) }
header { width: 100%; max-width: 28rem; margin: 0 auto; padding: clamp(1rem, 7vh, 4rem) 1.25rem .7rem; color: var(--dim); font-size: .9rem; font-weight: 600 }
main { width: 100%; max-width: 28rem; margin: 0 auto; padding: 1.6rem 1.75rem 1.75rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem }
.wide header, .wide main { max-width: 44rem }
h1 { font-size: 1.45rem; line-height: 1.25; margin: 0 0 .5rem; overflow-wrap: anywhere } h2 { font-size: 1.02rem; margin: 1.6rem 0 .4rem }
p { margin: .45rem 0; overflow-wrap: anywhere } .dim { color: var(--dim) } small { font-size: .875rem }
a { color: var(--mark) } code { font: .92em ui-monospace, monospace; overflow-wrap: anywhere }
label { display: block; font-weight: 600; margin: 1rem 0 .3rem }
input[type=text], input[type=password] { width: 100%; font: inherit; padding: .6rem .75rem; color: var(--ink); background: light-dark(#fff, #0f1318); border: 1px solid light-dark(#8a94a3, #69748a); border-radius: .45rem }
input[aria-invalid=true] { border: 2px solid var(--bad) }
.code-input { font: 1.5rem/1.3 ui-monospace, monospace !important; letter-spacing: .12em; text-transform: uppercase; text-align: center }
.code { display: block; font: 600 1.8rem/1.3 ui-monospace, monospace; letter-spacing: .12em; text-align: center; padding: .7rem; margin: .8rem 0; background: var(--soft); border: 1px solid var(--line); border-radius: .5rem }
.buttons { display: flex; flex-wrap: wrap; gap: .7rem; margin-top: 1.5rem } .buttons > * { flex: 1 1 9rem }
button, .button { font: inherit; font-weight: 600; padding: .62rem 1rem; border-radius: .45rem; border: 1px solid var(--mark); background: var(--mark); color: var(--on-mark); cursor: pointer; text-align: center; text-decoration: none }
button.plain { background: transparent; color: var(--mark); border-color: light-dark(#8a94a3, #69748a) } button.danger { background: transparent; color: var(--bad); border-color: var(--bad) }
button.link { background: none; border: 0; padding: 0; font-weight: 400; color: var(--mark); text-decoration: underline }
button:hover, .button:hover { filter: brightness(1.08) } :focus-visible { outline: 3px solid var(--mark); outline-offset: 2px }
.note { border: 1px solid var(--line); border-left-width: .3rem; border-radius: .45rem; background: var(--soft); padding: .65rem .9rem; margin: 1rem 0 } .note p { margin: .2rem 0 }
.note.warn { border-color: var(--warn); background: var(--warn-soft) } .note.bad { border-color: var(--bad); background: var(--bad-soft) } .note.good { border-color: var(--good) }
.note strong:first-child { display: block } .warn > strong { color: var(--warn) } .bad > strong { color: var(--bad) } .good > strong { color: var(--good) }
dl.facts { margin: 1rem 0; border: 1px solid var(--line); border-radius: .5rem; background: var(--soft) } dl.facts > div { padding: .5rem .9rem } dl.facts > div + div { border-top: 1px solid var(--line) }
dt { color: var(--dim); font-size: .875rem } dd { margin: 0; font-weight: 600; overflow-wrap: anywhere } dd .dim, dd small, h3 small { font-weight: 400 }
fieldset { border: 0; margin: 1.2rem 0 0; padding: 0; min-width: 0 } legend { padding: 0; font-weight: 600; margin-bottom: .35rem }
ul.scopes { list-style: none; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: .5rem } ul.scopes > li { padding: .6rem .9rem } ul.scopes > li + li { border-top: 1px solid var(--line) }
ul.scopes label { display: grid; grid-template-columns: 1.3rem 1fr; gap: .65rem; margin: 0; font-weight: 400; cursor: pointer } ul.scopes input { width: 1.1rem; height: 1.1rem; margin: .22rem 0 0; accent-color: var(--mark) }
ul.scopes .fixed { padding-left: 2.85rem } ul.scopes b { display: block } ul.scopes .dim { font-size: .9rem; display: block }
.apps { list-style: none; margin: .8rem 0 0; padding: 0 } .apps > li { display: grid; grid-template-columns: 1fr auto; gap: .3rem 1rem; align-items: start; padding: 1rem 0; border-top: 1px solid var(--line) }
.apps h3 { font-size: 1.02rem; margin: 0; overflow-wrap: anywhere } .apps ul { margin: .35rem 0 0; padding-left: 1.1rem }
.bar { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: .3rem 1rem }
@media (max-width: 30rem) { main { border-radius: 0; border-left: 0; border-right: 0; padding: 1.35rem 1.25rem 1.6rem } .apps > li { grid-template-columns: 1fr } .apps button { width: 100% } }
@media (forced-colors: active) { button, .note, main { border: 1px solid } }
`;
