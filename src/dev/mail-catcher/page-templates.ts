import { Liquid } from 'liquidjs';

const LAYOUT = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{% block title %}Mail catcher{% endblock %}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
{% block head %}{% endblock %}
</head>
<body>
<header><a class="brand" href="/"><span class="dot"></span>Precall <strong>mail catcher</strong></a><span class="hint">Nothing here was delivered to anybody</span></header>
<main>{% block main %}{% endblock %}</main>
</body>
</html>`;

const LIST = `{% layout 'layout' %}
{% block title %}{{ count }} {% if count == 1 %}mail{% else %}mails{% endif %} caught{% endblock %}
{% block head %}<script src="/live.js" defer></script>{% endblock %}
{% block main %}
{% if count == 0 %}
<section class="empty">
  <h1>No mail yet</h1>
  <p>Whatever is sent to <code>{{ smtpUrl }}</code> shows up here by itself.</p>
</section>
{% else %}
<h1>Inbox <span class="count">{{ count }}</span></h1>
<ul class="mails">
{% for mail in mails %}
  <li><a href="/mails/{{ mail.id }}">
    <span class="subject">{% if mail.subject == '' %}(no subject){% else %}{{ mail.subject }}{% endif %}</span>
    <time datetime="{{ mail.receivedAt }}" title="{{ mail.receivedAt }}">{{ mail.receivedAt | slice: 11, 12 }}<small> UTC</small></time>
    <span class="to">to {{ mail.to | join: ', ' }}</span>
    <span class="day">{{ mail.receivedAt | slice: 0, 10 }}</span>
  </a></li>
{% endfor %}
</ul>
{% if count > mails.size %}<p class="more">The newest {{ mails.size }} of them; the <a href="/api/mails">API</a> lists all.</p>{% endif %}
{% endif %}
{% endblock %}`;

const MAIL = `{% layout 'layout' %}
{% block title %}{{ mail.subject }}{% endblock %}
{% block main %}
<p class="back"><a href="/">← All mails</a></p>
<h1>{% if mail.subject == '' %}(no subject){% else %}{{ mail.subject }}{% endif %}</h1>
<dl class="envelope">
  <div><dt>From</dt><dd>{{ mail.from }}</dd></div>
  <div><dt>To</dt><dd>{{ mail.to | join: ', ' }}</dd></div>
  <div><dt>Received</dt><dd><time datetime="{{ mail.receivedAt }}">{{ mail.receivedAt }}</time></dd></div>
  <div><dt>Message-ID</dt><dd><code>{{ mail.messageId }}</code></dd></div>
</dl>
<nav aria-label="Parts of the mail">
{% for name in tabs %}<a href="/mails/{{ mail.id }}?tab={{ name }}"{% if name == tab %} aria-current="page"{% endif %}>{% if name == 'html' %}HTML{% else %}{{ name | capitalize }}{% endif %}</a>{% endfor %}
</nav>
<section class="part">
{% case tab %}
{% when 'html' %}<iframe title="The mail" sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer" src="/mails/{{ mail.id }}/html"></iframe>
{% when 'text' %}<pre class="wrap">{{ mail.text }}</pre>
{% when 'headers' %}<table>{% for header in mail.headers %}<tr><th scope="row">{{ header.name }}</th><td>{{ header.value }}</td></tr>{% endfor %}</table>
{% else %}<pre>{{ mail.raw }}</pre>
{% endcase %}
</section>
{% endblock %}`;

const NOT_FOUND = `{% layout 'layout' %}
{% block title %}No such mail{% endblock %}
{% block main %}
<section class="empty"><h1>No such mail</h1><p>The catcher forgets its mails when it stops. <a href="/">Those it has</a></p></section>
{% endblock %}`;

export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f4f6fa; --card: #fff; --line: #e2e6ee; --text: #1a1d26; --quiet: #626a7b; --accent: #3453c4; --soft: #eef1fb;
}
@media (prefers-color-scheme: dark) {
  :root { --page: #14161c; --card: #1d2029; --line: #323744; --text: #eef0f5; --quiet: #a1a8b8; --accent: #9db4ff; --soft: #262c40; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif; }
a { color: var(--accent); }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
header { display: flex; justify-content: space-between; align-items: center; gap: 16px; padding: 14px 28px; background: var(--card); border-bottom: 1px solid var(--line); }
.brand { display: flex; align-items: center; gap: 8px; color: var(--text); text-decoration: none; }
.dot { width: 10px; height: 10px; border-radius: 50%; background: var(--accent); }
.hint { color: var(--quiet); font-size: 13px; }
main { max-width: 920px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { margin: 0 0 18px; font-size: 22px; line-height: 1.3; letter-spacing: -.01em; overflow-wrap: anywhere; }
.count { display: inline-block; margin-left: 4px; padding: 1px 10px; border-radius: 99px; background: var(--soft); color: var(--accent); font-size: 14px; vertical-align: 3px; }
.mails { margin: 0; padding: 0; list-style: none; background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
.mails li + li { border-top: 1px solid var(--line); }
.mails a { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 2px 20px; padding: 13px 20px; color: inherit; text-decoration: none; }
.mails a:hover, .mails a:focus-visible { background: var(--soft); outline-offset: -2px; }
.subject { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.to, .day, time small { color: var(--quiet); font-size: 13px; overflow: hidden; text-overflow: ellipsis; }
.day { text-align: right; }
time { font-variant-numeric: tabular-nums; }
.empty { margin-top: 8vh; padding: 56px 24px; text-align: center; background: var(--card); border: 1px dashed var(--line); border-radius: 12px; }
.empty p { margin: 0; color: var(--quiet); }
.more { color: var(--quiet); text-align: center; }
code { padding: 1px 6px; border-radius: 5px; background: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
.back { margin: 0 0 12px; } .back a { text-decoration: none; }
.envelope { margin: 0 0 22px; display: grid; gap: 5px; }
.envelope div { display: grid; grid-template-columns: 96px minmax(0, 1fr); }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
nav { display: flex; gap: 4px; }
nav a { padding: 8px 16px; border: 1px solid transparent; border-bottom: 0; border-radius: 9px 9px 0 0; color: var(--quiet); text-decoration: none; }
nav a[aria-current] { background: var(--card); border-color: var(--line); color: var(--text); font-weight: 600; position: relative; top: 1px; }
.part { background: var(--card); border: 1px solid var(--line); border-radius: 0 12px 12px 12px; overflow: hidden; }
iframe { display: block; width: 100%; height: max(560px, calc(100vh - 400px)); border: 0; background: var(--card); }
pre { margin: 0; padding: 22px; overflow: auto; font: 13px/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.wrap { white-space: pre-wrap; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
tr + tr { border-top: 1px solid var(--line); }
th, td { padding: 9px 20px; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { width: 230px; color: var(--quiet); font-weight: 500; }
`;

/** The list is drawn by the server; this only puts the new one in place of the old one. */
export const LIVE_SCRIPT = `
setInterval(async () => {
  if (document.hidden) return;
  const answer = await fetch('/').catch(() => undefined);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const main = document.querySelector('main');
  if (main.innerHTML === fresh.querySelector('main').innerHTML) return;
  main.replaceWith(fresh.querySelector('main'));
  document.title = fresh.title;
}, 1000);
`;

const engine = new Liquid({
  templates: { layout: LAYOUT, list: LIST, mail: MAIL, 'not-found': NOT_FOUND },
  cache: true,
  outputEscape: 'escape',
  strictVariables: true,
  strictFilters: true,
  ownPropertyOnly: true,
});

export function renderPage(name: 'list' | 'mail' | 'not-found', variables: object): string {
  return engine.renderFileSync(name, variables);
}
