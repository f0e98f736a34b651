// Ctrl+Enter (⌘+Enter) in the SQL runs it.
document.querySelector("#sql")?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});
