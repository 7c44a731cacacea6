"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const box = document.getElementById("q");
  const form = box && box.form;
  const RECENT = "cairn.recent";

  const load = () => {
    try {
      const list = JSON.parse(localStorage.getItem(RECENT) || "[]");
      return Array.isArray(list) ? list.filter((q) => typeof q === "string" && q.length < 2000).slice(0, 12) : [];
    } catch { return []; }
  };
  const save = (list) => {
    try { localStorage.setItem(RECENT, JSON.stringify(list)); } catch { /* private mode: nothing is kept */ }
  };

  // The question box: Enter asks, Shift+Enter is a new line. Enter that ends
  // the composition of a Chinese word does neither.
  if (box) {
    const grow = () => {
      if (CSS.supports("field-sizing", "content")) return;
      box.style.height = "auto";
      box.style.height = box.scrollHeight + "px";
    };
    box.addEventListener("input", grow);
    grow();
    box.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && !e.shiftKey && !e.isComposing && e.keyCode !== 229) {
        e.preventDefault();
        if (box.value.trim()) form.requestSubmit();
      } else if (e.key === "Escape") {
        box.blur();
      }
    });
    if (box.autofocus) box.setSelectionRange(box.value.length, box.value.length);
    // A short question goes into the address, so that it can be passed on and
    // reloaded; a long one (a stack trace) does not fit there.
    form.addEventListener("submit", () => {
      form.method = box.value.length <= 600 ? "get" : "post";
      form.classList.add("busy");
      form.querySelector("button").textContent = form.dataset.searching;
    });
    const label = form.querySelector("button").textContent;
    window.addEventListener("pageshow", () => {
      form.classList.remove("busy");
      form.querySelector("button").textContent = label;
    });
  }
  document.addEventListener("keydown", (e) => {
    if (!box || e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    const typing = e.target.closest && e.target.closest("input, textarea, select, [contenteditable]");
    if (e.key === "/" && !typing) {
      e.preventDefault();
      box.focus();
      box.select();
    }
  });

  // Recent questions stay in this browser.
  const answer = document.querySelector("article[data-question]");
  if (answer) {
    const q = answer.dataset.question.trim();
    if (q && q.length < 2000) save([q, ...load().filter((x) => x !== q)].slice(0, 12));
  }
  const recent = document.getElementById("recent");
  if (recent) {
    const show = () => {
      const list = load();
      recent.hidden = list.length === 0;
      recent.querySelector("ul").replaceChildren(...list.map((q) => {
        const li = document.createElement("li"), f = document.createElement("form"), b = document.createElement("button");
        f.method = q.length <= 600 ? "get" : "post";
        f.action = "/ask";
        b.name = "q";
        b.value = q;
        b.textContent = q;
        f.append(b);
        li.append(f);
        return li;
      }));
    };
    document.getElementById("clear-recent").addEventListener("click", () => { save([]); show(); box.focus(); });
    window.addEventListener("pageshow", show);
    show();
  }

  // Copying gives the command's own characters, nothing more.
  const copyText = async (text, source) => {
    if (navigator.clipboard && window.isSecureContext) {
      try { await navigator.clipboard.writeText(text); return true; } catch { /* not allowed: the old way */ }
    }
    let done = false;
    const put = (e) => { e.preventDefault(); e.clipboardData.setData("text/plain", text); done = true; };
    document.addEventListener("copy", put);
    const range = document.createRange(), sel = getSelection();
    range.selectNodeContents(source);
    sel.removeAllRanges();
    sel.addRange(range);
    try { document.execCommand("copy"); } catch { done = false; }
    document.removeEventListener("copy", put);
    if (done) sel.removeAllRanges();
    return done;
  };
  const wireCopy = (within) => { for (const b of within.querySelectorAll(".copy")) {
    const code = b.parentElement.querySelector("code"), label = b.textContent;
    let timer;
    b.hidden = false;
    b.addEventListener("click", async () => {
      const ok = await copyText(code.textContent, code);
      b.textContent = ok ? b.dataset.copied : b.dataset.failed;
      b.classList.toggle("done", ok);
      clearTimeout(timer);
      timer = setTimeout(() => { b.textContent = label; b.classList.remove("done"); }, 1600);
    });
  } };

  // Words of commands, paths and quotes stay whole: a span around each that a
  // browser would break at a hyphen, a slash and the like lets the style sheet
  // forbid it, for half an option is hard to read and to type. The spans are
  // made here so that the page as it is sent has each command in one piece.
  const KEPT = ["code", ".quote blockquote", ".label", ".related .detail", ".choices .detail", ".links .detail"].map((s) => "main " + s).join();
  // A placeholder such as <节点名> belongs to its word.
  const WORD = /(?:[!-;=-~]+|<[^\s<>]{1,40}>|<)+/g, BREAKS = /[^\w.]/, MAYBE = /[!-\-/:-@[-^`{-~]\S/;
  const MOST = 20000; // of a text's characters: thousands of spans take seconds
  const LONG = 28, FITS = /^[ -~]{0,28}\n?$/; // a line of the narrowest phone
  const keepWhole = (within) => {
    const texts = [];
    for (const e of within.querySelectorAll(KEPT)) {
      const walker = document.createTreeWalker(e, NodeFilter.SHOW_TEXT);
      for (let n; (n = walker.nextNode());) if (n.data.length <= MOST && MAYBE.test(n.data) && !n.parentElement.matches(".w")) texts.push(n);
    }
    for (const n of texts) {
      // Of a document's lines, thousands at times, only those that may wrap.
      if (FITS.test(n.data) && n.parentElement.matches(".line > code") && n.parentElement.childNodes.length === 1) continue;
      const whole = document.createDocumentFragment();
      let start = 0;
      for (const { 0: word, index } of n.data.matchAll(WORD)) {
        if (!BREAKS.test(word.slice(0, -1))) continue;
        if (index > start) whole.append(n.data.slice(start, index));
        const span = document.createElement("span");
        span.className = word.length > LONG ? "w long" : "w";
        span.textContent = word;
        whole.append(span);
        start = index + word.length;
      }
      if (start === 0) continue;
      if (start < n.data.length) whole.append(n.data.slice(start));
      n.replaceWith(whole);
    }
  };

  // What a document's text on the page needs, now and when more comes in.
  const settle = (within) => { wireCopy(within); keepWhole(within); };
  settle(document);

  // What a model adds comes below the steps; nothing above it moves.
  const grown = document.getElementById("grown");
  if (grown) {
    const waiting = grown.querySelector("[role=status]"), below = document.createElement("div");
    waiting.hidden = false;
    grown.prepend(below);
    const events = new EventSource(grown.dataset.more);
    const show = (e) => { below.innerHTML = e.data; settle(below); };
    const end = () => { events.close(); waiting.hidden = true; };
    events.addEventListener("grown", show);
    events.addEventListener("done", (e) => { if (e.data) show(e); end(); });
    events.onerror = end; // the steps stand as they are
  }

  const feedback = document.querySelector(".feedback");
  if (feedback) {
    feedback.addEventListener("submit", async (e) => {
      e.preventDefault();
      const data = new URLSearchParams(new FormData(feedback));
      data.set("verdict", e.submitter.value);
      const out = feedback.querySelector("output");
      try {
        const res = await fetch(feedback.action, { method: "POST", body: data, headers: { Accept: "application/json" } });
        const body = await res.json();
        out.textContent = res.ok ? body.message : body.error.message;
        if (res.ok) for (const b of feedback.querySelectorAll("button")) b.setAttribute("aria-pressed", String(b === e.submitter));
      } catch { // no answer: let the browser send the form and say why
        const verdict = document.createElement("input");
        verdict.type = "hidden";
        verdict.name = "verdict";
        verdict.value = e.submitter.value;
        feedback.append(verdict);
        feedback.submit();
      }
    });
  }

  // #L12-L18 highlights lines; Shift+click on a second number makes such an
  // address.
  const source = document.querySelector(".source");
  if (source) {
    const range = () => {
      const m = /^#L(\d+)(?:-L?(\d+))?$/.exec(location.hash);
      return m ? [Number(m[1]), Number(m[2] || m[1])].sort((a, b) => a - b) : null;
    };
    const mark = () => {
      const r = range();
      if (!r) return;
      for (const l of source.querySelectorAll(".cited")) l.classList.remove("cited");
      for (let n = r[0]; n <= r[1] && n < r[0] + 5000; n++) {
        const l = document.getElementById("L" + n);
        if (l) l.classList.add("cited");
      }
    };
    const go = () => {
      const r = range(), l = r && document.getElementById("L" + r[0]);
      mark();
      if (l) l.scrollIntoView({ block: "start" });
    };
    source.addEventListener("click", (e) => {
      const a = e.target.closest(".ln"), r = range();
      if (!a || !e.shiftKey || !r) return;
      e.preventDefault();
      const n = Number(a.dataset.n);
      history.replaceState(null, "", "#L" + Math.min(r[0], n) + "-L" + Math.max(r[0], n));
      mark();
    });
    window.addEventListener("hashchange", go);
    // ?lines= has marked more than the fragment's single line.
    if (range() && (!new URLSearchParams(location.search).has("lines") || location.hash.includes("-"))) go();
    const piece = source.querySelector("mark");
    if (piece) piece.scrollIntoView({ block: "center" });
  }
})();
