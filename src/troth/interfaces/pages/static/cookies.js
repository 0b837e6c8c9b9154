// The cookie banner's script: it spares a page load, runs what was agreed to, tells others.
"use strict";
(() => {
  const me = document.currentScript || document.querySelector("script[src*=cookies]");
  const set = me.dataset, told = window.__trothCookies, doc = document;
  const MARK = "cookie-banner", YEAR = 316224e5;
  const mode = {
    ad_storage: "advertising", ad_user_data: "advertising", ad_personalization: "advertising",
    analytics_storage: "analytics", personalization_storage: "personalise",
    functionality_storage: "essential", security_storage: "essential",
  };
  const signal = () => [true, "1"].includes(navigator.globalPrivacyControl);

  const kept = () => (doc.cookie.match(/(?:^|; )cookie_choice=([^;]*)/) || [])[1] || set.choice || "";
  const read = (value) => {
    const found = /^1\.(\d{1,12})\.([01])\.((?:[0-9a-f]{32})?)((?:\.[+-][\w-]{1,64})*)$/.exec(value);
    if (!found) return null;
    const at = found[1] * 1e3, now = Date.now(), said = {};
    if (at > now + 6e5 || now >= at + YEAR) return null;
    for (const word of found[4].split(".")) if (word) said[word.slice(1)] = word[0] === "+";
    return { said, signal: found[2] === "1" };
  };
  const optional = told ? Object.keys(told.categories) : (set.optional || "").split(" ").filter(Boolean);
  const off = told ? told.signalled : (set.signalled || "").split(" ");
  let choice = read(kept());
  const allows = (name) => name === "essential" || !!(choice && choice.said[name] &&
    !(signal() && !choice.signal && off.includes(name)));

  const run = (old) => {
    const fresh = doc.createElement("script");
    for (const { name, value } of old.attributes)
      if (name !== "type" && name !== "data-type" && name !== "data-src") fresh.setAttribute(name, value);
    if (old.dataset.type) fresh.type = old.dataset.type;
    if (old.dataset.src) fresh.src = old.dataset.src;
    fresh.async = old.hasAttribute("async");
    fresh.text = old.text;
    fresh.dataset.ran = "";
    old.replaceWith(fresh);
  };
  const letIn = () => {
    for (const one of doc.querySelectorAll("[data-category]")) {
      if (!allows(one.dataset.category)) continue;
      if (one.localName === "script") { if (one.type === "text/plain") run(one); }
      else if (one.dataset.src) { one.src = one.dataset.src; one.removeAttribute("data-src"); }
    }
  };
  const forget = () => {
    if (!told) return;
    const hosts = location.hostname.split(".").map((_, i, all) => all.slice(i).join("."));
    const drop = (name) => ["", ...hosts].forEach((host) => {
      doc.cookie = `${name}=; Max-Age=0; Path=/${host && `; Domain=${host}`}`;
    });
    const ours = (name, kind) => told.names.some(([pattern, category, what]) => what === kind &&
      !allows(category) && (pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
    for (const pair of doc.cookie.split("; ")) {
      const name = pair.split("=")[0];
      if (ours(name, "cookie")) drop(name);
    }
    for (const [box, kind] of [["localStorage", "local_storage"], ["sessionStorage", "session_storage"]])
      try { for (const name of Object.keys(window[box])) if (ours(name, kind)) window[box].removeItem(name); }
      catch { /* nothing is kept: nothing to forget */ }
  };
  const tag = (what) => {
    if (!("consentMode" in set)) return;
    const layer = window[set.consentMode || "dataLayer"] = window[set.consentMode || "dataLayer"] || [];
    (function () { layer.push(arguments); })("consent", what, Object.fromEntries(
      Object.entries(mode).map(([name, category]) =>
        [name, what === "update" && choice && allows(category) ? "granted" : "denied"])));
  };
  const settle = () => {
    forget();
    if (choice) tag("update");
    letIn();
    doc.dispatchEvent(new CustomEvent("cookies:chosen", { detail: { allows } }));
  };

  const language = () => {
    const wish = (set.language || doc.documentElement.lang || navigator.language || "").slice(0, 2);
    return told && told.html[wish] ? wish : "zh";
  };
  const made = (html) => doc.createRange().createContextualFragment(html).firstElementChild;
  const place = (html, anew) => {
    const now = doc.getElementById(MARK), next = made(html);
    if (now) now.replaceWith(next);
    // After the first paint nothing may be pushed down: then it stands at the foot.
    else if (anew || doc.readyState === "loading") doc.body.prepend(next);
    else doc.body.append(next);
    for (const form of next.querySelectorAll("form")) listen(form);
    return next;
  };
  const ask = (anew) => {
    if (!told) return;
    const next = place(told.html[language()].ask, anew);
    const mark = next.querySelector(".tc-signal");
    if (mark && !signal()) mark.remove();
    for (const box of next.querySelectorAll("input[type=checkbox]"))
      box.checked = !!choice && allows(box.name.slice(5));
    if (anew) next.querySelector("button").focus();
  };
  const send = async (form, button) => {
    const sent = new FormData(form, button);
    sent.set("signal", signal() ? "1" : "");
    const answer = await fetch(form.action, {
      method: "POST", body: new URLSearchParams(sent), headers: { accept: "application/json" },
      credentials: told ? "omit" : "same-origin",
    });
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  };
  const failed = (form, button) => {
    if (told) {
      const note = form.querySelector(".tc-wrong") || form.appendChild(doc.createElement("p"));
      note.className = "tc-wrong"; note.setAttribute("role", "alert");
      note.textContent = told.failed[language()];
    } else {
      const answer = form.appendChild(doc.createElement("input"));
      answer.type = "hidden"; answer.name = button.name; answer.value = button.value;
      form.submit();
    }
  };
  const listen = (form) => form.addEventListener("submit", (event) => {
    event.preventDefault();
    const before = optional.filter(allows);
    send(form, event.submitter).then((answer) => {
      // A browser that keeps no cookies is led to the words for it.
      if (!told && !doc.cookie.includes(answer.value)) {
        const back = form.elements.back.value;
        return location.assign(`${back}${back.includes("?") ? "&" : "?"}cookies=said`);
      }
      choice = read(answer.value);
      if (told) doc.cookie = `cookie_choice=${answer.value}; Path=/; Max-Age=${YEAR / 1e3}; SameSite=Lax` +
        (location.protocol === "https:" ? "; Secure" : "");
      const here = form.closest(`#${MARK}`);
      if (here) place(answer.html);
      settle();
      // What ran cannot be stopped: a page without it is loaded.
      if (!here || before.some((name) => !allows(name) && doc.querySelector(`[data-ran][data-category="${name}"]`)))
        location.reload();
    }, () => failed(form, event.submitter));
  });
  doc.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("[data-cookies]");
    if (!link || link.localName === "form") return;
    if (link.dataset.cookies === "hide") { event.preventDefault(); doc.getElementById(MARK).remove(); }
    if (link.dataset.cookies === "open" && told) { event.preventDefault(); ask(true); scrollTo(0, 0); }
  });

  window.trothCookies = { allows, open: () => ask(true) };
  tag("default");
  if (choice) tag("update");
  const begin = () => {
    if (told) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(told.css);
      doc.adoptedStyleSheets = [...doc.adoptedStyleSheets, sheet];
      if (!choice || optional.some((name) => !(name in choice.said))) ask();
    }
    for (const form of doc.querySelectorAll("form[data-cookies=ask]"))
      if (!form.closest(`#${MARK}`) || !told) listen(form);
  };
  const ended = () => {
    if (told && !doc.querySelector("[data-cookies=open]")) doc.body.append(made(told.html[language()].back));
    settle();
  };
  if (doc.body) begin();
  else new MutationObserver((_, watcher) => { if (doc.body) { watcher.disconnect(); begin(); } })
    .observe(doc.documentElement, { childList: true });
  if (doc.readyState === "loading") doc.addEventListener("DOMContentLoaded", ended);
  else ended();
})();
