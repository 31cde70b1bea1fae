// Files are uploaded as soon as they are chosen, three at a time, in pieces that can be resumed.
(function () {
  "use strict";
  const AT_ONCE = 3;
  const PIECE = 8 * 1024 * 1024;
  const END = 1024 * 1024; // bytes of each end that make the fingerprint
  const drop = document.getElementById("drop");
  const input = document.getElementById("files");
  const rows = document.getElementById("rows");
  const said = document.getElementById("said");
  const go = document.getElementById("go");
  const token = JSON.parse(document.body.getAttribute("hx-headers"));
  const waiting = [];
  let running = 0;

  function say(text) { said.textContent = text; }

  function card(file) {
    const made = document.createElement("div");
    made.className = "card upload";
    const name = document.createElement("h3");
    name.textContent = file.name;
    const bar = document.createElement("progress");
    bar.max = file.size || 1;
    bar.value = 0;
    bar.setAttribute("aria-label", "Uploading " + file.name);
    const text = document.createElement("p");
    text.className = "hint";
    text.textContent = "waiting";
    made.append(name, bar, text);
    rows.append(made);
    return { made, bar, text };
  }

  function stopped(shown, sentence, again) {
    shown.bar.remove();
    shown.text.textContent = sentence;
    shown.text.className = "";
    shown.text.setAttribute("role", "alert");
    const actions = document.createElement("p");
    actions.className = "actions";
    if (again) { actions.append(button("Try again", () => { shown.made.remove(); again(); })); }
    actions.append(button("Take off the list", () => shown.made.remove()));
    shown.made.append(actions);
  }

  function button(name, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = name;
    made.addEventListener("click", act);
    return made;
  }

  async function fingerprint(file) {
    const ends = new Blob([file.slice(0, END), file.slice(Math.max(0, file.size - END)), String(file.size)]);
    const hash = await crypto.subtle.digest("SHA-256", await ends.arrayBuffer());
    return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async function upload(file) {
    const shown = card(file);
    running += 1;
    busy();
    try {
      const mark = window.crypto && crypto.subtle ? await fingerprint(file) : "";
      const answer = mark ? await fetch("/upload/known?fingerprint=" + mark) : null;
      const found = answer && answer.ok ? await answer.json() : {};
      if (found.known) { stopped(shown, found.known); return; }
      await send(file, mark, shown, found.resume);
    } catch (error) {
      stopped(shown, sentence(error), () => begin([file]));
    } finally {
      running -= 1;
      busy();
      next();
    }
  }

  function sentence(error) {
    const answer = error.originalResponse;
    const body = answer ? answer.getBody() : "";
    const page = new DOMParser().parseFromString(body || "", "text/html");
    const told = page.querySelector(".lead, .caution");
    return told ? told.textContent : "The connection broke: what is here already stays, try again to go on.";
  }

  function send(file, mark, shown, resume) {
    return new Promise((resolve, reject) => {
      const sending = new tus.Upload(file, {
        endpoint: "/upload/files",
        chunkSize: PIECE,
        retryDelays: [0, 1000, 3000, 5000, 10000, 20000],
        headers: token,
        metadata: { filename: file.name, modified: String(file.lastModified), fingerprint: mark },
        uploadUrl: resume || null,
        storeFingerprintForResuming: false, // the server knows what it has
        onShouldRetry: (error) => {
          const status = error.originalResponse ? error.originalResponse.getStatus() : 0;
          return status === 0 || status === 423 || status === 409 || status >= 500 && status !== 507;
        },
        onProgress: (done, all) => {
          shown.bar.value = done;
          shown.text.textContent = Math.floor(done / 1e6) + " of " + Math.ceil(all / 1e6) + " MB";
        },
        onError: reject,
        onSuccess: () => { received(sending, file, shown).then(resolve, reject); },
      });
      document.querySelectorAll("#begun [data-upload]").forEach((line) => {
        if (resume && resume.endsWith("/" + line.dataset.upload)) { line.remove(); }
      });
      sending.start();
    });
  }

  async function received(sending, file, shown) {
    shown.text.textContent = "looking into the file";
    const answer = await fetch(sending.url + "/form");
    const text = await answer.text();
    if (!answer.ok) {
      const error = new Error(text);
      error.originalResponse = { getBody: () => text, getStatus: () => answer.status };
      throw error;
    }
    const holder = document.createElement("template");
    holder.innerHTML = text;
    const row = holder.content.querySelector(".upload");
    const twin = document.getElementById(row.id);
    if (twin) { twin.remove(); }
    shown.made.replaceWith(row);
    htmx.process(row);
    say(file.name + " is here.");
  }

  function busy() {
    go.disabled = running > 0 || waiting.length > 0;
    document.getElementById("adding").setAttribute("aria-busy", String(go.disabled));
  }

  function next() {
    while (running < AT_ONCE && waiting.length) { upload(waiting.shift()); }
  }

  function begin(files) {
    waiting.push(...files);
    say(files.length === 1 ? "Uploading " + files[0].name : "Uploading " + files.length + " files");
    busy();
    next();
  }

  input.addEventListener("change", () => { begin(Array.from(input.files)); input.value = ""; });
  ["dragenter", "dragover"].forEach((kind) => document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  }));
  ["dragleave", "drop"].forEach((kind) => document.addEventListener(kind, (event) => {
    event.preventDefault();
    if (kind === "drop" || event.relatedTarget === null) { drop.classList.remove("over"); }
  }));
  document.addEventListener("drop", (event) => begin(Array.from(event.dataTransfer.files)));
  rows.addEventListener("click", (event) => {
    const row = event.target.dataset && event.target.dataset.dismiss;
    if (row) { document.getElementById(row).remove(); }
  });
  window.addEventListener("beforeunload", (event) => { if (running) { event.preventDefault(); } });
  const summary = document.getElementById("summary");
  if (summary) { summary.focus(); }
})();
