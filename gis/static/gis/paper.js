// The buttons of pages that are made for paper: data-act="print", and data-act="copy" for the page's own address.
document.addEventListener("click", async ({ target }) => {
  const pressed = target.closest?.("[data-act]");
  if (pressed?.dataset.act === "print") globalThis.print();
  if (pressed?.dataset.act !== "copy") return;
  const before = pressed.textContent;
  try {
    await navigator.clipboard.writeText(location.href);
    pressed.textContent = pressed.dataset.done;
    setTimeout(() => { pressed.textContent = before; }, 2000);
  } catch { // no https, or not allowed: then it is marked, to be copied by hand
    globalThis.prompt(before, location.href);
  }
});
