const OWN = 'input, textarea, select, [contenteditable="true"], [role="slider"], [role="radio"]';

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".lesson-keys");
  if (root.dataset.step !== undefined && root.dataset.step !== String(data.step)) {
    document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
  }
  root.dataset.step = data.step;
  const press = (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const other = event.ctrlKey || event.altKey || event.metaKey || event.shiftKey;
    if (!move || other || event.composedPath()[0].closest?.(OWN)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat) setTriggerValue("move", move);
  };
  root.release?.();
  root.release = () => window.removeEventListener("keydown", press, true);
  window.addEventListener("keydown", press, true);
  return () => root.release();
}
