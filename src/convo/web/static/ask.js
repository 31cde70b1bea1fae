// The page works without this: here are a key and a click less.
"use strict";
const question = document.getElementById("sql");

question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    question.form.requestSubmit(document.getElementById("run"));
  }
});

document.querySelectorAll("a[data-sql]").forEach((example) => {
  example.addEventListener("click", (event) => {
    event.preventDefault();
    question.value = example.dataset.sql;
    question.focus();
    question.scrollIntoView({ block: "center" });
  });
});

// A download is not an answer on the page: the browser sends that form itself.
document.querySelectorAll("[data-download]").forEach((button) => {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    if (!question.form.reportValidity()) return;
    const form = question.form.cloneNode(true);
    ["id", "hx-post", "hx-target", "hx-disabled-elt", "hx-indicator"].forEach((name) => form.removeAttribute(name));
    form.hidden = true;
    form.action = button.getAttribute("formaction");
    form.querySelector("textarea").value = question.value;
    const format = document.createElement("input");
    Object.assign(format, { type: "hidden", name: "format", value: button.value });
    form.append(format);
    document.body.append(form);
    form.submit();
    form.remove();
  });
});
