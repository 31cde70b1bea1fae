// The sound of a session and its transcript: each moves the other.
"use strict";

const session = (() => {
  const byId = (id) => document.getElementById(id);
  const clock = (seconds) => {
    const whole = Math.floor(seconds), two = (n) => String(n).padStart(2, "0");
    const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
    return (hours ? `${hours}:${two(minutes)}` : `${minutes}`) + `:${two(whole % 60)}`;
  };
  let turns = [], starts = [], heard = null, wave = null, regions = null;
  const chosen = { first: null, last: null };

  // the transcript

  function readTurns() {
    turns = [...document.querySelectorAll("#turns .turn")];
    starts = turns.map((turn) => Number(turn.dataset.start));
    heard = null;
  }

  function at(seconds) {
    let low = 0, high = turns.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= seconds + 0.05) low = middle + 1; else high = middle;
    }
    return turns[low - 1] || null;
  }

  const index = (turn) => turns.indexOf(turn);

  function choose(turn, extend) {
    if (!turn) return;
    if (!extend || !chosen.first) chosen.first = turn;
    chosen.last = turn;
    mark();
    turn.focus({ preventScroll: true });
    document.dispatchEvent(new CustomEvent("turns-chosen"));
  }

  function mark() {
    const picked = new Set(range());
    for (const turn of document.querySelectorAll("#turns [aria-current], #turns [tabindex='0']")) {
      if (!picked.has(turn)) turn.removeAttribute("aria-current");
      turn.tabIndex = -1;
    }
    for (const turn of picked) turn.setAttribute("aria-current", "true");
    const reached = chosen.last || turns[0];
    if (!reached) return;
    reached.tabIndex = 0;
    reached.setAttribute("role", "group");
    reached.setAttribute("aria-label", `Turn ${reached.id.slice(1)}`);
  }

  function range() {
    if (!chosen.first) return [];
    const ends = [index(chosen.first), index(chosen.last)].sort((a, b) => a - b);
    return ends[0] < 0 ? [] : turns.slice(ends[0], ends[1] + 1);
  }

  // the part of the window between player and tools is what people see
  function bring(turn, always) {
    const box = turn.getBoundingClientRect();
    const top = byId("player-part")?.offsetHeight || 0;
    const bottom = innerHeight - (byId("tools")?.offsetHeight || 0);
    if (!always && box.top >= top + 8 && box.bottom <= bottom - 8) return;
    const calm = always || matchMedia("(prefers-reduced-motion: reduce)").matches;
    const room = Math.max(8, (bottom - top - box.height) / 3);
    scrollBy({ top: box.top - top - room, behavior: calm ? "auto" : "smooth" });
  }

  // the sound

  const sound = () => byId("sound");

  function play(from) {
    const player = sound();
    if (!player) return;
    if (from !== undefined) player.currentTime = from;
    player.play().catch(() => {});  // the browser may want a click first
  }

  function hear(turn) {
    if (turn.dataset.start !== undefined) play(Number(turn.dataset.start));
  }

  function toggle() {
    const player = sound();
    if (player?.paused) play(); else player?.pause();
  }

  function follow() {
    const player = sound(), now = at(player.currentTime);
    byId("now").textContent = clock(player.currentTime);
    if (now === heard) return;
    heard?.classList.remove("heard");
    heard = now;
    heard?.classList.add("heard");
    if (heard && byId("follow").checked && !player.paused) bring(heard, false);
  }

  async function start() {
    const player = sound();
    if (!player || player.dataset.ready) return;
    player.dataset.ready = "yes";
    const button = byId("play"), state = byId("sound-state");
    button.addEventListener("click", toggle);
    byId("speed").addEventListener("change", (event) => { player.playbackRate = Number(event.target.value); });
    player.addEventListener("timeupdate", follow);
    player.addEventListener("seeked", follow);
    for (const name of ["play", "pause", "ended"]) {
      player.addEventListener(name, () => { button.textContent = player.paused ? "Play" : "Pause"; });
    }
    player.addEventListener("loadedmetadata", () => { state.textContent = ""; });
    player.lastElementChild.addEventListener("error", () => {
      state.textContent = "This browser cannot play the recording; everything else works.";
    });
    await draw(player);
  }

  async function draw(player) {
    const { peaks, duration } = byId("player").dataset;
    const answer = await fetch(peaks);
    if (!answer.ok) return;
    const loud = (await answer.json()).map((value) => value / 100);
    wave = WaveSurfer.create({
      container: "#wave", media: player, peaks: [loud], duration: Number(duration), height: "auto",
      waveColor: "#6b757a", progressColor: "#1f2528", cursorColor: "#1f2528", cursorWidth: 2,
      barWidth: 2, barGap: 1, dragToSeek: true, cspNonce: byId("player-part").dataset.nonce,
    });
    regions = wave.registerPlugin(WaveSurfer.Regions.create());
    wave.on("ready", drawPhases);
    regions.on("region-updated", (region) => {
      document.dispatchEvent(new CustomEvent("phase-moved", { detail: { from: region.from, to: region.start } }));
    });
  }

  function drawPhases() {
    if (!regions) return;
    regions.clearRegions();
    const mayMove = document.body.classList.contains("may-change");
    const phases = JSON.parse(byId("turns")?.dataset.regions || "[]");
    const pixels = byId("wave").clientWidth / wave.getDuration();
    phases.forEach((phase, n) => {
      const fits = (phase.end - phase.start) * pixels > phase.name.length * 7 + 12;
      const region = regions.addRegion({
        start: phase.start, end: phase.end, content: fits ? phase.name : "", color: phase.color + "59",
        drag: false, resize: mayMove && n > 0, resizeStart: mayMove && n > 0, resizeEnd: false,
      });
      region.from = phase.start;
    });
  }

  // what people do

  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#t"]');
    const named = link && document.getElementById(link.hash.slice(1));
    if (named?.classList.contains("turn") && !event.shiftKey) {
      event.preventDefault();
      choose(named, false);
      if (!link.closest("#turns")) bring(named, true);
      hear(named);
      return;
    }
    const turn = event.target.closest("#turns .turn");
    if (!turn || event.target.closest("button, input, textarea, form, .editing")) return;
    if (event.shiftKey) {
      event.preventDefault();
      getSelection()?.removeAllRanges();
    } else if (String(getSelection())) return;  // somebody marks words to copy
    choose(turn, event.shiftKey);
    if (!event.shiftKey) hear(turn);
  });

  document.addEventListener("click", (event) => {
    const drawing = event.target.closest("[data-end] .drawing svg");
    if (!drawing || !sound()) return;
    const box = drawing.getBoundingClientRect();
    const end = Number(drawing.closest("[data-end]").dataset.end);
    const seconds = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * end;
    const turn = at(seconds);
    if (turn) choose(turn, false);
    if (turn) bring(turn, true);
    play(seconds);
  });

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const turn = event.target.closest?.("#turns .turn");
    const onButton = event.target.closest?.("button, a, input, select, textarea, summary, .editing");
    if (!turn || onButton) return;
    if (event.key === " ") {
      event.preventDefault();
      if (sound()?.paused && turn !== heard) hear(turn); else toggle();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = turns[index(turn) + (event.key === "ArrowDown" ? 1 : -1)];
      if (!next) return;
      choose(next, event.shiftKey);
      bring(next, false);
      if (sound() && !sound().paused && !event.shiftKey) hear(next);
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      const next = turns[event.key === "Home" ? 0 : turns.length - 1];
      choose(next, event.shiftKey);
      bring(next, true);
    }
  });

  function arrived(event) {
    const where = event.detail?.target?.id;
    if (where === "player-part") start();
    if (where === "transcript-part") {
      readTurns();
      drawPhases();
      document.dispatchEvent(new CustomEvent("transcript-new"));
    }
  }

  document.addEventListener("htmx:afterSwap", arrived);
  readTurns();
  const named = /^#t\d+$/.test(location.hash) && byId(location.hash.slice(1));
  if (named) addEventListener("load", () => { choose(named, false); bring(named, true); });
  return { byId, clock, choose, chosen, range, at, bring, mark, hear, play, turns: () => turns };
})();
