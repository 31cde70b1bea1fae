// Putting a session right: what is chosen in the transcript, what to do with it, what came of it.
"use strict";

(() => {
  const { byId, range, choose, bring, mark, at, chosen, turns } = session;
  const address = location.pathname;
  let waiting = 0, last = Promise.resolve();
  const tools = () => byId("tools");
  const seconds = (turn, edge) => Number(turn.dataset[edge]);

  function chosenWords() {
    const picked = range();
    if (!picked.length) return "No turn chosen";
    const number = (turn) => turn.id.slice(1);
    const place = picked[0].querySelector("a").textContent;
    return picked.length === 1 ? `Turn ${number(picked[0])}, ${place}`
      : `Turns ${number(picked[0])} to ${number(picked.at(-1))}, from ${place}`;
  }

  function showTools() {
    tools().hidden = !range().length;
    const what = byId("chosen-what");
    if (what) what.textContent = chosenWords();
    document.body.classList.toggle("with-tools", !tools().hidden);
    document.documentElement.style.setProperty("--tools", `${tools().offsetHeight}px`);
  }

  function closeTools() {
    const turn = chosen.last;
    chosen.first = chosen.last = null;
    mark();
    showTools();
    turn?.focus({ preventScroll: true });
  }

  function tell(text, problem) {
    const told = byId("told");
    told.hidden = !text;
    told.textContent = text;
    told.classList.toggle("problem", Boolean(problem));
  }

  // one change, and everything on the page follows

  function change(what, fields) {
    waiting += 1;
    tell("One moment …");
    last = last.then(() => send(what, fields));
  }

  async function send(what, fields) {
    const place = chosen.last && { first: seconds(chosen.first, "start"), last: seconds(chosen.last, "start") };
    try {
      const form = new URLSearchParams({ ...fields, version: byId("turns").dataset.version });
      const headers = { ...JSON.parse(document.body.getAttribute("hx-headers")), "hx-request": "true" };
      const answer = await fetch(`${address}/corrections/${what}`, { method: "POST", body: form, headers });
      if (!answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        tell(page.body.textContent.trim() || "That did not work: load the page again.", true);
        return;
      }
      const done = await answer.json();
      await refresh(place);
      tell(done.told + (done.overtaken ? " Somebody else had changed this session meanwhile; you see both changes now." : ""));
    } catch {
      tell("The program does not answer. Start it again; what you changed before is kept.", true);
    } finally {
      waiting -= 1;
      if (waiting) tell("One moment …");
    }
  }

  async function refresh(place) {
    const anchor = chosen.last?.getBoundingClientRect().top;
    const fresh = partsArrive();
    const reopen = openLists();
    htmx.trigger(document.body, "session-changed");
    await fresh;
    reopen();
    document.title = document.querySelector("h1[data-title]")?.dataset.title || document.title;
    if (!place) return;
    chosen.first = at(place.first);
    chosen.last = at(place.last);
    mark();
    if (chosen.last && anchor !== undefined) {
      chosen.last.focus({ preventScroll: true });
      scrollBy(0, chosen.last.getBoundingClientRect().top - anchor);
    }
    showTools();
  }

  // lists of moments that somebody goes through stay open, and the keyboard stays in them
  function openLists() {
    const side = byId("side"), top = side.scrollTop;
    const open = [...side.querySelectorAll("details[open][id]")].map((list) => list.id);
    const pressed = document.activeElement?.closest?.("#side button");
    const inside = pressed?.closest("details[id]")?.id;
    const place = inside ? [...byId(inside).querySelectorAll("button")].indexOf(pressed) : -1;
    return () => {
      for (const id of open) byId(id)?.setAttribute("open", "");
      side.scrollTop = top;
      if (!inside) return;
      const left = byId(inside)?.querySelectorAll("summary, button") || [];
      left[Math.min(place + 1, left.length - 1)]?.focus({ preventScroll: true });
    };
  }

  function partsArrive() {
    const awaited = new Set(document.querySelectorAll('[hx-trigger*="session-changed"]'));
    return new Promise((resolve) => {
      const arrived = (event) => {
        awaited.delete(event.detail.elt);
        if (!awaited.size) done();
      };
      const done = () => { document.removeEventListener("htmx:afterRequest", arrived); resolve(); };
      document.addEventListener("htmx:afterRequest", arrived);
      setTimeout(done, 20000);
    });
  }

  function stretch() {
    const picked = range();
    return { start: seconds(picked[0], "start"), end: seconds(picked.at(-1), "end") };
  }

  const fieldsOf = {
    speaker: (button) => ({ ...stretch(), speaker: button.dataset.speaker }),
    join: () => ({ at: stretch().start }),
    phase: (button) => {
      const { start, end } = stretch();
      return { start, phase: button.dataset.phase, ...(range().length > 1 ? { end } : {}) };
    },
    "no-phase": () => ({ at: stretch().start }),
    passage: ({ dataset }) => ({
      ...(dataset.start ? { start: dataset.start, end: dataset.end } : stretch()), kind: dataset.kind,
      ...(dataset.kind === "private" && byId("counted").checked ? { counted: true } : {}),
    }),
    coach: (button) => ({ speaker: button.dataset.speaker }),
    phases: () => ({}),
    undo: (button) => ({ name: button.dataset.name || "" }),
    candidate: ({ dataset }) => ({ what: dataset.what, start: dataset.start, end: dataset.end, confirmed: dataset.confirmed }),
  };

  // who talks, which session it is, and when: only what was changed is said

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-put-right]");
    if (!form) return;
    event.preventDefault();
    const changed = [...form.elements].filter((field) => field.name && field.value !== field.defaultValue);
    if (!changed.length) { tell("Nothing was changed."); return; }
    change(form.dataset.putRight, Object.fromEntries(changed.map((field) => [field.name, field.value])));
    last.then(() => { if (!form.isConnected) document.querySelector(".edit summary")?.focus(); });
  });

  function leaveForm(details) {
    details.querySelector("form").reset();
    details.open = false;
    details.querySelector("summary").focus();
  }

  // in place: editing words, splitting at a word

  function editing(turn, content) {
    const said = turn.querySelector(".said");
    if (!said || turn.querySelector(".editing")) return null;
    const box = document.createElement("div");
    box.className = "editing";
    box.append(...content);
    said.hidden = true;
    said.after(box);
    const stop = () => { box.remove(); said.hidden = false; showTools(); turn.focus({ preventScroll: true }); };
    tell("");
    tools().hidden = true;  // what is written needs the room
    bring(turn, false);
    box.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); stop(); } });
    return stop;
  }

  function button(text, act, main) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    if (main) made.className = "main";
    made.addEventListener("click", act);
    return made;
  }

  function edit(turn) {
    const area = document.createElement("textarea");
    area.value = turn.querySelector(".said").textContent;
    area.setAttribute("aria-label", "What was said");
    area.rows = Math.max(2, Math.ceil(area.value.length / 70));
    let stop = null;
    const save = () => {
      const text = area.value;
      const where = { start: seconds(turn, "start"), end: seconds(turn, "end") };
      stop();
      change("words", { ...where, text });
    };
    area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); save(); }
    });
    const row = document.createElement("p");
    row.className = "actions";
    row.append(button("Save", save, true), button("Leave as it was", () => stop()));
    stop = editing(turn, [area, row]);
    if (stop) area.focus();
  }

  async function split(turn) {
    const query = new URLSearchParams({ start: turn.dataset.start, end: turn.dataset.end });
    const answer = await fetch(`${address}/words?${query}`);
    const words = answer.ok ? await answer.json() : [];
    if (words.length < 2) { tell("There is nothing to split in this turn.", true); return; }
    const hint = document.createElement("p");
    hint.className = "hint";
    hint.textContent = "Which word does the new turn begin with?";
    let stop = null;
    const row = document.createElement("p");
    row.className = "words";
    words.slice(1).forEach((word) => row.append(button(word.text, () => { stop(); change("split", { at: word.start }); })));
    row.prepend(document.createTextNode(`${words[0].text} `));
    stop = editing(turn, [hint, row, button("Leave as it was", () => stop())]);
    if (stop) row.querySelector("button").focus();
  }

  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("button");
    if (!pressed) return;
    const { do: what, tool, hear, leave, listen } = pressed.dataset;
    if (listen !== undefined) goTo(Number(listen));
    if (leave !== undefined) leaveForm(pressed.closest("details"));
    if (what && fieldsOf[what]) change(what, fieldsOf[what](pressed));
    if (tool === "close") closeTools();
    if (tool === "edit" && range().length) edit(range()[0]);
    if (tool === "split" && range().length) split(range()[0]);
    if (hear !== undefined) hearVoice(Number(hear), Number(pressed.dataset.until));
  });

  function goTo(start) {
    const turn = at(start);
    choose(turn, false);
    bring(turn, true);
    session.play(start);
  }

  function hearVoice(start, end) {
    const sound = byId("sound");
    if (!sound) { tell("The recording is not there to be heard.", true); return; }
    const stop = () => {
      if (sound.currentTime >= end || sound.currentTime < start - 1) {
        if (sound.currentTime >= end) sound.pause();
        sound.removeEventListener("timeupdate", stop);
      }
    };
    session.play(start);
    sound.addEventListener("timeupdate", stop);
  }

  let agreedFor = null;
  document.addEventListener("turns-chosen", () => {
    if (!waiting) tell("");
    // what both agree to is said anew for every passage
    if (agreedFor !== chosen.first && byId("counted")) byId("counted").checked = false;
    agreedFor = chosen.first;
    showTools();
    if (chosen.last) bring(chosen.last, false);
  });
  document.addEventListener("htmx:afterSwap", (event) => { if (event.detail.target.id === "tools") showTools(); });
  document.addEventListener("phase-moved", ({ detail }) => change("boundary", { at: detail.from, to: detail.to }));

  document.addEventListener("keydown", (event) => {
    const turn = event.target.closest?.("#turns .turn");
    if (event.key === "Enter" && event.target === turn) {
      event.preventDefault();
      if (!chosen.last) choose(turn, false);
      tools().querySelector(".groups button")?.focus();
    } else if (event.key === "Escape" && !tools().hidden) {
      if (event.target.closest("#tools")) chosen.last?.focus(); else closeTools();
    }
  });

  // two windows on one session: whoever comes back is told what changed meanwhile

  document.addEventListener("visibilitychange", async () => {
    if (document.hidden || waiting) return;
    const answer = await fetch(`${address}/version`).catch(() => null);
    if (!answer?.ok || (await answer.json()).version === byId("turns").dataset.version) return;
    const place = chosen.last && { first: seconds(chosen.first, "start"), last: seconds(chosen.last, "start") };
    await refresh(place);
    tell("This session was changed elsewhere; you see it as it is now.");
  });
})();
