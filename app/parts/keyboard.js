// Streamlit's own shortcuts know letters, digits and arrows, but not the question mark; and a
// shortcut for every page would need a button for every page.
const WRITES = ["INPUT", "TEXTAREA", "SELECT"];

async function copy(button) {
  try {
    await navigator.clipboard.writeText(location.href);
  } catch {  // browsers offer no clipboard to pages that come over plain http from elsewhere
    prompt("The address of this view", location.href);
    return;
  }
  const words = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = words; }, 1500);
}

export default function ({ parentElement, data, setTriggerValue }) {
  parentElement.listening?.abort();
  const listening = (parentElement.listening = new AbortController());
  const options = { signal: listening.signal };
  const copied = parentElement.querySelector(".copy");
  copied.addEventListener("click", () => copy(copied), options);
  const help = parentElement.querySelector(".help");
  help.addEventListener("click", () => setTriggerValue("help", true), options);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const path = event.composedPath();
    if (path.some((e) => WRITES.includes(e.tagName) || e.isContentEditable)) return;
    const page = "123456789".indexOf(event.key) + 1;
    if (event.key === "?") setTriggerValue("help", true);
    else if (page && page <= data.pages) setTriggerValue("page", page);
  }, options);
  return () => listening.abort();
}
