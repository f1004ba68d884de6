/** The style of the page; light and dark by what the reader's system prefers. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#16202c;--soft:#5b6878;--line:#dde2e8;--allow:#1f7a5c;--allow-soft:#e3f3ec;--drop:#b93a32;--drop-soft:#fae4e1;--pass:#8a94a1;--focus:#2f6fde}
@media (prefers-color-scheme:dark){:root{--bg:#0f141a;--card:#171e26;--ink:#e6ebf1;--soft:#9aa7b6;--line:#2a343f;--allow:#4dbd93;--allow-soft:#1d3a31;--drop:#f0776d;--drop-soft:#46242a;--pass:#75818f;--focus:#7aa7ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main,header{max-width:1480px;margin:0 auto;padding:0 20px}
header{padding-top:36px}
h1{font-size:28px;line-height:1.2;letter-spacing:-.02em;margin:0 0 6px;overflow-wrap:anywhere}
h2{font-size:17px;margin:0 0 4px;letter-spacing:-.01em}
h3{font-size:14px;margin:18px 0 6px;overflow-wrap:anywhere}
p{margin:0 0 12px;color:var(--soft)}
.skip{position:absolute;left:-999px}.skip:focus{left:20px;top:8px;background:var(--card);padding:6px 12px}
section{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:20px 22px;margin:18px 0;min-width:0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:12px;margin:22px 0 0;padding:0;list-style:none}
.tiles li{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:14px 16px}
.tiles b{display:block;font-size:25px;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.tiles span{color:var(--soft);font-size:13px}
.allow{color:var(--allow)}.drop{color:var(--drop)}.pass{color:var(--soft)}
.lanes{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,500px),1fr));gap:14px 34px}.lanes>div{min-width:0;display:flex;flex-direction:column}.lanes .lane{flex:1}.lanes h3{margin-top:6px}
.lane{display:flex;align-items:stretch;list-style:none;margin:6px 0 0;padding:0}
.lane>li{flex:1;min-width:0;position:relative;padding:10px 12px;border:1px solid var(--line);border-radius:10px;margin-right:22px;background:var(--bg)}
.lane>li:last-child{margin-right:0}
.lane>li:not(:last-child)::after{content:"";position:absolute;right:-23px;top:50%;width:22px;border-top:2px solid var(--allow)}
.lane>li:not(:last-child)::before{content:"";position:absolute;right:-23px;top:calc(50% - 4px);border:5px solid transparent;border-left-color:var(--allow);border-right:0}
.lane b{display:block;font-size:18px;font-variant-numeric:tabular-nums}
.lane small{display:block;color:var(--soft)}
.lane .lost{display:block;color:var(--drop);font-weight:600;font-size:13px}
.stream{display:block;width:100%;height:6px;margin:6px 0 4px;border-radius:3px;background:var(--line)}.stream .a{fill:var(--allow)}.stream .d{fill:var(--drop)}
.chart{display:block;width:100%;height:180px}
.chart .a{fill:var(--allow)}.chart .d{fill:var(--drop)}.chart line{stroke:var(--line)}
.legend{display:flex;flex-wrap:wrap;gap:6px 18px;margin-top:6px;font-size:13px;color:var(--soft);justify-content:space-between}
.key::before{content:"";display:inline-block;width:10px;height:10px;border-radius:3px;background:currentColor;margin-right:6px}
.scroll{overflow-x:auto}.scroll:focus-visible{outline:2px solid var(--focus);outline-offset:4px}
table{border-collapse:collapse;width:100%;font-size:14px}
caption{text-align:left;color:var(--soft);font-size:13px;padding-bottom:6px}
th,td{text-align:left;padding:7px 10px;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:break-word}
td{max-width:56ch}
th{font-size:12px;color:var(--soft);font-weight:600;white-space:nowrap}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.m,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:13px;min-width:11ch}
#flows td{overflow-wrap:normal}#flows td.m,#flows .badge{white-space:nowrap}
#flows th,#flows td{padding:7px 8px}#flows td[data-of=By]{min-width:15ch;overflow-wrap:anywhere}#flows td[data-of=Reason]{white-space:nowrap}#flows td[data-of="Written at"]{white-space:nowrap;font-size:13px}
a{color:inherit;text-decoration-color:var(--soft);text-underline-offset:3px}
tr:has(:target){background:var(--bg);box-shadow:inset 3px 0 var(--focus)}
td small{display:block;color:var(--soft);font-size:12px;line-height:1.35}
button.link{all:unset;cursor:pointer;text-decoration:underline;text-decoration-color:var(--soft);text-decoration-style:dotted;text-underline-offset:3px}button.link:hover{text-decoration-style:solid}button.link:focus-visible{outline:2px solid var(--focus);outline-offset:2px;border-radius:3px}
dialog{width:min(760px,calc(100vw - 24px));max-height:calc(100vh - 48px);overflow-y:auto;padding:20px 22px;border:1px solid var(--line);border-radius:14px;background:var(--card);color:var(--ink);box-shadow:0 18px 60px rgb(0 0 0/.28)}
dialog::backdrop{background:rgb(8 12 18/.5)}dialog h2:focus{outline:none}dialog p{overflow-wrap:anywhere}
.way{display:flex;gap:12px;align-items:center;justify-content:space-between;margin:14px 0 4px;font-size:13px}
.way+pre{margin-top:0}#frames-ways pre{white-space:pre-wrap;overflow-wrap:anywhere}button.copy{min-height:30px;padding:3px 12px;font-size:13px}
summary{cursor:pointer}pre{margin:6px 0 0;padding:10px 12px;border-radius:8px;background:var(--bg);overflow-x:auto;white-space:pre;overflow-wrap:normal}
tbody tr:hover{background:var(--bg)}
.bar{width:100%;min-width:80px;height:8px;border-radius:4px;background:var(--bg);margin-top:7px;fill:currentColor}
.two{display:grid;align-items:start;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:18px;margin:18px 0}.two section{margin:0}
.tools{display:flex;flex-wrap:wrap;gap:10px;margin:10px 0 12px;align-items:end}
.tools label{display:grid;gap:3px;font-size:12px;color:var(--soft)}
input,select,button{min-height:38px;font:inherit;font-size:14px;color:inherit;background:var(--bg);border:1px solid var(--line);border-radius:8px;padding:7px 10px}
input[type=search]{min-width:min(320px,76vw)}
th button{all:unset;min-height:0;cursor:pointer;white-space:nowrap;padding:2px}
th[aria-sort=ascending] button::after{content:" \\25B2" / ""}th[aria-sort=descending] button::after{content:" \\25BC" / ""}
button{cursor:pointer}button:disabled{opacity:.4;cursor:default}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
.badge{display:inline-block;border-radius:99px;padding:1px 9px;font-size:12px;font-weight:600}
.badge.drop{background:var(--drop-soft)}.badge.allow{background:var(--allow-soft)}
footer{max-width:1480px;margin:0 auto;padding:4px 20px 40px;color:var(--soft);font-size:13px}
@media (max-width:640px){section{padding:16px 14px}main,header{padding-left:12px;padding-right:12px}
.tiles{grid-template-columns:1fr 1fr}.tiles li:first-child{grid-column:1/-1}
.lane>li{margin-right:12px;padding:7px 7px 8px}.lane>li:not(:last-child)::after{right:-13px;width:12px}.lane>li:not(:last-child)::before{right:-13px}.lane small{font-size:11px;line-height:1.25;min-height:2.5em}.lane b{font-size:14px;letter-spacing:-.02em}.lane .lost{font-size:11px;line-height:1.25}
.legend span:nth-child(2){order:3;width:100%}.legend span span{width:auto}.bars{display:none}
.cards,.cards caption,.cards tbody,.cards tr{display:block}.cards thead tr{display:flex;flex-wrap:wrap;gap:2px 12px}#flows.cards th{border:0;padding:3px 0}.cards:not(#flows) thead{display:none}
.cards tbody tr{display:grid;grid-template-columns:1fr 1fr;grid-auto-flow:dense;gap:0 18px;border:1px solid var(--line);border-radius:10px;padding:8px 12px;margin-top:10px}
#flows.cards td,.cards td{display:flex;gap:10px;min-width:0;max-width:none;padding:2px 0;border:0;text-align:right;justify-content:space-between;white-space:normal;overflow-wrap:anywhere}#flows.cards td:empty,.cards td:empty{display:none}
.cards td::before{content:attr(data-of);color:var(--soft);font:12px/1.75 system-ui,sans-serif;white-space:nowrap;text-align:left}
.cards td[data-of=Verdict],.cards td[data-of=From],.cards td[data-of=To],.cards td[data-of=By],.cards td[data-of=Reason],.cards td[data-of=Rule],.cards td[data-of="Written at"]{grid-column:1/-1}.cards details{text-align:left;min-width:0;max-width:100%}.cards details[open]{flex:1 0 100%}.cards td:has(details[open]){flex-wrap:wrap}}
@media print{section{break-inside:avoid}.tools,.pager{display:none}}
`;
