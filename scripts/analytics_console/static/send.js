// Sends the forms as a client does, and shows what was answered. Answers are text, never HTML.

function show(place, status, answer) {
  const line = document.createElement("p");
  const badge = document.createElement("span");
  badge.className = status === 200 ? "good" : "bad";
  badge.textContent = status || "no answer";
  const link = document.createElement("a");
  link.href = "/console/live";
  link.textContent = "Live";
  line.append(badge, " See it in ", link, ".");
  const text = document.createElement("pre");
  text.textContent = answer.slice(0, 10_000);
  place.replaceChildren(line, text);
}

/** Send a form by `send`, one request at a time, and show its status and answer. */
function sends(form, place, send) {
  form.addEventListener("submit", async (submitted) => {
    if (submitted.submitter?.hasAttribute("formaction")) return; // the link to the form
    submitted.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      show(place, ...(await send(new FormData(form))));
    } catch (problem) {
      show(place, 0, String(problem));
    } finally {
      button.disabled = false;
    }
  });
}

function query(fields) {
  return new URLSearchParams(Object.entries(fields).filter(([, text]) => text));
}

const eventForm = document.querySelector("#event-form");
sends(eventForm, document.querySelector("#event-answer"), async (fields) => {
  const place = query({
    key: eventForm.dataset.key,
    event_category: fields.get("category"),
    analytics_environment: fields.get("environment"),
  });
  const key = fields.get("idempotency_key").trim();
  const response = await fetch(`/v1/event?${place}`, {
    method: "POST",
    body: fields.get("event"),
    headers: key ? { "Idempotency-Key": key } : {},
  });
  return [response.status, await response.text()];
});
eventForm.event.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) eventForm.requestSubmit();
});

const fileForm = document.querySelector("#file-form");
sends(fileForm, document.querySelector("#file-answer"), async (fields) => {
  const file = fields.get("file");
  if (file.size > Number(fileForm.dataset.most)) {
    return [413, `${file.size} bytes are more than ${fileForm.dataset.most}`];
  }
  const place = query({
    category: fields.get("category"),
    environment: fields.get("environment"),
    parent: fields.get("parent"),
    child: fields.get("child"),
  });
  const response = await fetch(`/console/send/file?${place}`, {
    method: "POST",
    body: file,
    headers: { "Content-Type": file.type || "application/octet-stream" },
  });
  const said = await response.json();
  return [said.status ?? response.status, said.answer ?? said.message];
});
