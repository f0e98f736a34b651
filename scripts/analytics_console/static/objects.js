// Copies what a field of a form holds; where the clipboard may not be used, it is selected.
for (const form of document.querySelectorAll("form[data-copies]")) {
  const [field, button, said] = ["input", "button", "[role=status]"].map((each) =>
    form.querySelector(each),
  );
  button.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      said.textContent = "Copied.";
    } catch {
      said.textContent = "Selected: copy it with Ctrl+C.";
    }
  });
}
