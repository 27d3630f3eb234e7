// The style sheet of the report. Colours keep a contrast of at least 4.5 : 1 for text on both grounds.
#include "govern/report_parts.h"

namespace belljar::govern {

namespace {

constexpr std::string_view kStyle = R"css(
:root{--ground:#f6f6f3;--card:#fff;--ink:#1c2225;--soft:#566067;--line:#e1e2dc;--track:#ecede7;
--pass:#17734a;--fail:#b3261e;--doubt:#865600;--held:#8f2169;--info:#2b5f9e;
--pass-wash:#e4f3ea;--fail-wash:#fbe9e7;--doubt-wash:#f9f0dc;--held-wash:#f8e6f1;
--mono:ui-monospace,"SFMono-Regular","DejaVu Sans Mono",Menlo,Consolas,monospace}
@media(prefers-color-scheme:dark){:root{--ground:#121618;--card:#1a1f22;--ink:#e7eaeb;--soft:#9fabb1;--line:#2d3539;--track:#262d31;
--pass:#56c68f;--fail:#ff8f85;--doubt:#e2b34c;--held:#ea8cc9;--info:#86b4ec;
--pass-wash:#163126;--fail-wash:#3a1f1d;--doubt-wash:#332a16;--held-wash:#371c2d}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
main{max-width:1080px;margin:0 auto;padding:28px 20px 64px}
h1,h2,h3,p,dl,dd,ul,ol,figure,table{margin:0}
h2{font-size:1.06rem;letter-spacing:.005em}
h3{font-size:.94rem;margin-top:1.1em}
.lead{color:var(--soft);font-size:.92rem;max-width:66ch;margin-top:.2em}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:22px 24px;margin-top:18px;contain:paint}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:18px;align-items:stretch;margin-top:18px}
.pair>.card{margin-top:0}
.pair>.card:only-child{grid-column:1/-1}
.u{overflow:clip;overflow-wrap:anywhere;display:inline-block;max-width:100%;vertical-align:bottom}
.mono,code,pre{font-family:var(--mono);font-size:.86em}
.soft{color:var(--soft)}
header.card{display:grid;grid-template-columns:auto 1fr;gap:6px 24px;align-items:center;border-top:5px solid var(--tone)}
header .jar{width:92px;height:104px;grid-row:span 2}
header h1{font-size:clamp(1.7rem,5vw,2.5rem);line-height:1.15;letter-spacing:-.015em}
header .says{font-size:1.02rem;max-width:70ch}
header .kicker{color:var(--soft);font-size:.9rem;display:block;font-weight:400;letter-spacing:0}
.pass{--tone:var(--pass);--wash:var(--pass-wash)}.fail{--tone:var(--fail);--wash:var(--fail-wash)}
.inconclusive{--tone:var(--doubt);--wash:var(--doubt-wash)}.error{--tone:var(--fail);--wash:var(--fail-wash)}
.contained{--tone:var(--held);--wash:var(--held-wash)}
header h1 b{color:var(--tone)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:14px 24px;grid-column:1/-1;margin-top:14px;padding-top:16px;border-top:1px solid var(--line)}
.facts .wide{grid-column:span 2}.nb{white-space:nowrap}
.facts dt{color:var(--soft);font-size:.8rem}.facts dd{font-weight:600;overflow-wrap:anywhere}
.pill{display:inline-block;background:var(--wash,var(--track));color:var(--tone,var(--soft));border-radius:99px;padding:.05em .7em;font-size:.8rem;font-weight:650;white-space:nowrap}
.gates{list-style:none;padding:0;margin-top:10px}
.gate{display:grid;grid-template-columns:minmax(200px,27%) 1fr;gap:2px 26px;padding:14px 0;border-top:1px solid var(--line)}
.gate:first-child{border-top:0}
.gate .name{font-weight:600;overflow-wrap:anywhere}
.gate .why{color:var(--soft);font-size:.88rem;grid-column:2}
.gate .head{grid-row:span 2;display:flex;flex-direction:column;align-items:flex-start;gap:6px}
.strip{display:block;width:100%;height:34px;overflow:visible}
.ends{display:flex;justify-content:space-between;color:var(--soft);font-size:.76rem;font-variant-numeric:tabular-nums}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;color:var(--soft);font-size:.8rem;margin-top:12px;padding:0;list-style:none}
.legend i{display:inline-block;width:.8em;height:.8em;border-radius:3px;margin-right:.45em;vertical-align:-.05em;background:var(--tone,var(--soft))}
svg text{fill:var(--soft);font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
svg text.strong{fill:var(--ink);font-size:15px;font-weight:650}
.track{fill:var(--track)}.good{fill:var(--pass-wash)}.tone{fill:var(--tone,var(--soft))}.thick{fill:var(--tone,var(--soft));opacity:.38}
.rule{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:3 3}.hair{stroke:var(--tone,var(--soft));stroke-width:1.5}.axis{stroke:var(--line)}
.calm{opacity:.8}.right{--tone:var(--pass)}.wrong{--tone:var(--fail)}.failed{--tone:var(--doubt)}.heldback{--tone:var(--held)}.lost{--tone:var(--soft)}.asked{--tone:var(--info)}
.critical{--tone:var(--held);--wash:var(--held-wash)}.high{--tone:var(--fail);--wash:var(--fail-wash)}.medium{--tone:var(--doubt);--wash:var(--doubt-wash)}.low{--tone:var(--soft);--wash:var(--track)}
.figure{display:block;width:100%;margin-top:14px;overflow:visible}
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(92px,1fr));gap:10px;margin-top:14px}
.numbers dt{color:var(--soft);font-size:.78rem}.numbers dd{font-weight:650;font-variant-numeric:tabular-nums}.numbers small{display:block;font-weight:400;color:var(--soft);font-size:.76rem}
.scroll{overflow-x:auto;margin-top:12px}.scroll table:not(.keys){min-width:640px}
table{border-collapse:collapse;width:100%;font-size:.88rem}
th{text-align:left;color:var(--soft);font-weight:600;font-size:.78rem;padding:4px 14px 6px 0;border-bottom:1px solid var(--line);white-space:nowrap}
td{padding:7px 14px 7px 0;border-bottom:1px solid var(--line);vertical-align:top;min-width:3.5em;overflow-wrap:anywhere}
td.w,td.w .u{overflow-wrap:break-word}
tr:last-child td{border-bottom:0}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.keys td{font-family:var(--mono);font-size:.8rem}
.proof{list-style:none;padding:0;margin-top:8px;font-size:.9rem}
.proof li{padding:2px 0 2px 1.6em;position:relative}
.proof li:before{content:"✓";position:absolute;left:.1em;color:var(--pass);font-weight:700}
.proof li.no:before{content:"✗";color:var(--fail)}
.story{list-style:none;padding:0;margin-top:14px}
.story li{display:grid;grid-template-columns:112px 1fr;gap:0 18px;padding:0 0 14px}
.story li>div:last-child{border-left:3px solid var(--tone,var(--line));padding-left:16px;min-width:0}
.story .when{color:var(--soft);font-size:.78rem;font-variant-numeric:tabular-nums;text-align:right;padding-top:.2em}
.story .who{font-weight:600;font-size:.92rem}.story .soft{font-size:.84rem}
.story .said{background:var(--wash,var(--ground));border-radius:10px;padding:8px 12px;margin:4px 0;font-size:.92rem;width:fit-content;max-width:100%}
.story .calm .said{background:var(--ground)}
pre{background:var(--ground);border:1px solid var(--line);border-radius:10px;padding:12px 14px;overflow-x:auto;margin:10px 0 0;white-space:pre-wrap;overflow-wrap:anywhere}
details{margin-top:14px}summary{cursor:pointer;color:var(--info);font-size:.9rem}
summary:focus-visible{outline:2px solid var(--info);outline-offset:3px;border-radius:4px}
footer{color:var(--soft);font-size:.84rem;margin-top:26px;text-align:center}
.keys td:first-child{white-space:nowrap}
@media(max-width:760px){.numbers{grid-template-columns:repeat(auto-fit,minmax(124px,1fr))}main{padding:12px 10px 40px}.card{padding:18px 16px;border-radius:12px}.pair{grid-template-columns:1fr}
.gate{grid-template-columns:1fr}.gate .why{grid-column:1}.gate .head{grid-row:auto;flex-direction:row;align-items:center;flex-wrap:wrap}
.story li{grid-template-columns:1fr}.story .when{text-align:left}.story .when br{display:none}
header.card{grid-template-columns:1fr}header .jar{width:64px;height:72px;grid-row:auto}}
@media print{body{background:#fff}.card{break-inside:avoid;border-color:#ccc}}
)css";

}  // namespace

std::string_view report_style() { return kStyle; }

}  // namespace belljar::govern
